"""Predictions, fits and selections of every run, and their scores."""

from collections.abc import Iterable
from typing import Any

from know.architectures import ARCHITECTURES
from know.plan.hypernetworks import hypernetwork_files
from know.plan.networks import training_modules
from know.plan.requests import (
    Request,
    Row,
    Settings,
    VersionOf,
    blocks_of,
    dataset_file,
)
from know.predictors import PREDICTORS
from know.tasks import TASKS


def plan_methods(
    tables: Iterable[Request], runs: Settings, version_of: VersionOf
) -> dict[str, dict[str, Any]]:
    """Plan every method of the tables for every run, and its fine-tunings.

    Returns:
        `predictions`, `fits` and `selections` by run and method, `scores`
        by task, run and method.
    """
    planned: dict[str, dict[str, Any]] = {
        kind: {} for kind in ("predictions", "fits", "selections", "scores")
    }
    kinds = {
        "predictor": ("predictions", _prediction),
        "fit": ("fits", _fit),
        "of": ("predictions", _prediction),
        "select": ("selections", _selection),
    }
    for table in tables:
        for row, request in table.by_run():
            name, run = row["run"], runs[row["run"]]
            for key, (kind, plan_method) in kinds.items():
                for method in request.methods_with(key):
                    entry = plan_method(request, method, row, run, version_of)
                    planned[kind].setdefault(name, {})[method] = entry
            for task in request.tasks:
                scores = planned["scores"].setdefault(task, {}).setdefault(name, {})
                for method in request.methods:
                    scores[method] = _score(request, method, row, run, version_of, task)
    return planned


def _prediction(
    request: Request, method: str, row: Row, run: Settings, version_of: VersionOf
) -> dict[str, Any]:
    own = request.method(method)
    # A control is its method's prediction with one ingredient taken away.
    definition = request.method(own.get("of", method))
    predictor, hypernetwork = definition["predictor"], definition.get("hypernetwork")
    return {
        "hypernetworks": hypernetwork_files(request.config, hypernetwork),
        "predictor": predictor,
        "options": definition.get("options", {}),
        "control": own.get("control"),
        "rate": run["rate"],
        "code": version_of("predict_weights.py", PREDICTORS.module_of(predictor)),
    }


def _fit(
    request: Request, method: str, row: Row, run: Settings, version_of: VersionOf
) -> dict[str, Any]:
    network = ARCHITECTURES.module_of(run["settings"]["architecture"])
    return {
        "fit": request.method(method)["fit"],
        "code": version_of("fit_weights.py", network),
    }


def _selection(
    request: Request, method: str, row: Row, run: Settings, version_of: VersionOf
) -> dict[str, Any]:
    definition = request.method(method)
    probe = request.config["selection"]["training"]
    return {
        "dataset": run["dataset"],
        # Of several horizons, a candidate has the first.
        "weights": [request.weights_of(name, row)[0] for name in definition["select"]],
        "candidates": [
            {"method": name, "horizon": request.horizons_of(name)[0]}
            for name in definition["select"]
        ],
        "default": definition["default"],
        "pretraining": run["settings"],
        "code": version_of(
            "select_weights.py", *training_modules(run["settings"], probe)
        ),
    }


def _score(
    request: Request,
    method: str,
    row: Row,
    run: Settings,
    version_of: VersionOf,
    task: str,
) -> dict[str, Any]:
    section = request.config["tasks"][task]
    choice, learning_rates = section["learning_rate_choice"], []
    if choice["mode"] == "grid":
        learning_rates = [f"results/learning_rates/{task}/{row['run']}/{method}.json"]
    else:
        choice = {"mode": choice["mode"]}
    network = {key: run["settings"][key] for key in ("architecture", "options")}
    modules = (
        TASKS.module_of(section["type"]),
        *training_modules(network, section["training"]),
    )
    start = request.norm_layers_of(method)
    # Norm layers are measured on D_0.
    is_calibrated = start == "recalibrate"
    return {
        "weights": request.weights_of(method, row),
        "base": run["base"],
        "dataset": dataset_file(section["dataset"]),
        "calibration": {
            "dataset": run["dataset"] if is_calibrated else [],
            "settings": run["settings"] if is_calibrated else None,
        },
        "learning_rates": learning_rates,
        "learning_rate_choice": choice,
        "candidates": [
            {
                "run": row["run"],
                "method": method,
                "horizon": horizon,
                "factor": request.factor(horizon),
            }
            for horizon in request.horizons_of(method)
        ],
        "type": section["type"],
        "settings": {
            **network,
            "evaluate_every": section["evaluate_every"],
            "images": section.get("images"),
            "norm_layers": start,
            "pretraining_seed": int(row["seed"]),
            "task": task,
            "task_options": section.get("options", {}),
            "training": section["training"],
        },
        "trials": blocks_of(section["trials"], section["trials_per_job"]),
        "code": {
            rule: version_of(f"{rule}.py", *modules)
            for rule in ("choose_learning_rate", "finetune")
        },
    }
