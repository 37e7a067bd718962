"""Fine-tunings of every method's weights on the downstream tasks."""

from collections.abc import Iterable
from typing import Any

from know.architectures import ARCHITECTURES
from know.plan.requests import (
    Request,
    Settings,
    architecture_of,
    dataset_file,
    factor,
    method_horizons,
    norm_layers,
    weights_files,
)
from know.plan.versions import VersionOf
from know.tasks import TASKS


def plan_scores(
    tables: Iterable[Request], runs: Settings, version_of: VersionOf
) -> dict[str, dict[str, dict[str, Any]]]:
    """Plan every fine-tuning.

    Returns:
        Entries by task, then by run, then by method.
    """
    scores: dict[str, dict[str, dict[str, Any]]] = {}
    for request in tables:
        for task in request.tasks:
            for row in request.rows:
                of_run = scores.setdefault(task, {}).setdefault(row["run"], {})
                for method in request.methods:
                    of_run[method] = _entry(
                        request, task, row, method, runs[row["run"]], version_of
                    )
    return scores


def _entry(
    request: Request,
    task: str,
    row: Settings,
    method: str,
    run: Settings,
    version_of: VersionOf,
) -> dict[str, Any]:
    section = request.config["tasks"][task]
    choice: dict[str, Any] = {"learning_rates": []}
    if section["learning_rate_choice"]["mode"] == "grid":
        choice = {
            "learning_rates": [
                f"results/learning_rates/{task}/{row['run']}/{method}.json"
            ],
            "learning_rate_choice": section["learning_rate_choice"],
        }
    network = architecture_of(request, row)
    modules = (
        TASKS.module_of(section["type"]),
        ARCHITECTURES.module_of(network["architecture"]),
    )
    start = norm_layers(request, method)
    # Norm layers are measured on D_0.
    is_calibrated = start == "recalibrate"
    return {
        "weights": weights_files(request, row, method),
        "base": run["base"],
        "dataset": dataset_file(section["dataset"]),
        "calibration": [run["dataset"]] if is_calibrated else [],
        "calibration_settings": run["settings"] if is_calibrated else None,
        **choice,
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
        "trials": {
            str(block): block_of(block, section["trials_per_job"])
            for block in range(section["trials"] // section["trials_per_job"])
        },
        "code": {
            rule: version_of(f"{rule}.py", *modules)
            for rule in ("choose_learning_rate", "finetune")
        },
    }


def block_of(block: int, size: int) -> list[int]:
    """List the numbers of the items in a block of `size`, which one job handles."""
    return list(range(block * size, (block + 1) * size))


def score_files(request: Request, scores: Settings) -> list[str]:
    """List every score file that a table reads."""
    return [
        f"results/scores/{task}/{row['run']}/{method}/block-{block}.json"
        for task in request.tasks
        for row in request.rows
        for method in request.methods
        for block in scores[task][row["run"]][method]["trials"]
    ]
