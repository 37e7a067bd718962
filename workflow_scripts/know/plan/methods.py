"""Predictions, controls and selections of every run, and their scores."""

from collections.abc import Iterable
from typing import Any

from know.architectures import ARCHITECTURES
from know.plan.hypernetworks import method_files
from know.plan.requests import (
    Request,
    Settings,
    VersionOf,
    block_of,
    dataset_file,
    factor,
    method_horizons,
    norm_layers,
    weights_files,
)
from know.predictors import PREDICTORS
from know.tasks import TASKS


def plan_methods(
    tables: Iterable[Request], runs: Settings, version_of: VersionOf
) -> dict[str, dict[str, Any]]:
    """Plan every method of the tables for every run, and its fine-tunings.

    Returns:
        `predictions`, `controls` and `selections` by run and method, `scores` by task,
        run and method.
    """
    predictions: dict[str, Any] = {}
    controls: dict[str, Any] = {}
    selections: dict[str, Any] = {}
    scores: dict[str, Any] = {}
    for request in tables:
        for row in request.rows:
            name, run = row["run"], runs[row["run"]]
            for method in request.methods_with("predictor"):
                entry = _prediction(request, method, run, version_of)
                predictions.setdefault(name, {})[method] = entry
            for method in request.methods_with("of"):
                entry = _control(request, method, name, run)
                controls.setdefault(name, {})[method] = entry
            for method in request.methods_with("select"):
                entry = _selection(request, method, row, run, version_of)
                selections.setdefault(name, {})[method] = entry
            for task in request.tasks:
                of_run = scores.setdefault(task, {}).setdefault(name, {})
                for method in request.methods:
                    of_run[method] = _score(request, method, row, run, task, version_of)
    return {
        "predictions": predictions,
        "controls": controls,
        "selections": selections,
        "scores": scores,
    }


def _prediction(
    request: Request, method: str, run: Settings, version_of: VersionOf
) -> dict[str, Any]:
    definition = request.config["methods"][method]
    predictor = definition["predictor"]
    return {
        "hypernetworks": method_files(request.config, method),
        "predictor": predictor,
        "options": definition.get("options", {}),
        "rate": run["rate"],
        "code": version_of("predict_weights.py", PREDICTORS.module_of(predictor)),
    }


def _control(request: Request, method: str, name: str, run: Settings) -> dict[str, Any]:
    definition = request.config["methods"][method]
    return {
        "base": run["base"],
        "weights": [
            f"results/predictions/{name}/{definition['of']}/n{horizon}.safetensors"
            # All of the config's, of which a table may evaluate some.
            for horizon in request.config["horizons"]
        ],
        "control": definition["control"],
    }


def _selection(
    request: Request, method: str, row: Settings, run: Settings, version_of: VersionOf
) -> dict[str, Any]:
    selected = request.config["methods"][method]["select"]
    network = ARCHITECTURES.module_of(run["settings"]["architecture"])
    return {
        "base": run["base"],
        "dataset": run["dataset"],
        "predictions": [
            file for name in selected for file in weights_files(request, row, name)
        ],
        "contenders": [
            {
                "method": name,
                "horizon": horizon,
                "norm_layers": norm_layers(request, name),
            }
            for name in ["naive", *selected]
            for horizon in method_horizons(request, name)
        ],
        "pretraining": run["settings"],
        "code": version_of("select_weights.py", network),
    }


def _score(
    request: Request,
    method: str,
    row: Settings,
    run: Settings,
    task: str,
    version_of: VersionOf,
) -> dict[str, Any]:
    section = request.config["tasks"][task]
    choice, learning_rates = section["learning_rate_choice"], []
    if choice["mode"] == "grid":
        learning_rates = [f"results/learning_rates/{task}/{row['run']}/{method}.json"]
    network = {key: run["settings"][key] for key in ("architecture", "options")}
    modules = (
        TASKS.module_of(section["type"]),
        ARCHITECTURES.module_of(network["architecture"]),
    )
    start = norm_layers(request, method)
    # Norm layers are measured on D_0.
    is_calibrated = start == "recalibrate"
    blocks = range(section["trials"] // section["trials_per_job"])
    return {
        "weights": weights_files(request, row, method),
        "base": run["base"],
        "dataset": dataset_file(section["dataset"]),
        "calibration": [run["dataset"]] if is_calibrated else [],
        "calibration_settings": run["settings"] if is_calibrated else None,
        "learning_rates": learning_rates,
        "learning_rate_choice": choice,
        "candidates": [
            {
                "run": row["run"],
                "method": method,
                "horizon": horizon,
                "factor": factor(request, horizon),
            }
            for horizon in method_horizons(request, method)
        ],
        "type": section["type"],
        "settings": {
            **network,
            "evaluate_every": section["evaluate_every"],
            "norm_layers": start,
            "task": task,
            "task_options": section.get("options", {}),
            "training": section["training"],
        },
        "trials": {str(b): block_of(b, section["trials_per_job"]) for b in blocks},
        "code": {
            rule: version_of(f"{rule}.py", *modules)
            for rule in ("choose_learning_rate", "finetune")
        },
    }
