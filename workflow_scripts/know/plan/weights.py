"""Weights that methods make of a trajectory: predictions, controls and selections."""

from collections.abc import Callable, Iterable
from typing import Any

from know.architectures import ARCHITECTURES
from know.plan.hypernetworks import method_files
from know.plan.requests import (
    Request,
    Settings,
    method_horizons,
    norm_layers,
    weights_files,
)
from know.plan.versions import VersionOf
from know.predictors import PREDICTORS

Planned = dict[str, dict[str, Any]]
"""Entries by run, then by method."""


def plan_predictions(
    tables: Iterable[Request], runs: Settings, version_of: VersionOf
) -> Planned:
    """Plan every prediction of the tables' methods, for every run."""

    def entry(request: Request, row: Settings, method: str) -> dict[str, Any]:
        definition = request.config["methods"][method]
        return {
            "hypernetworks": method_files(request.config, method),
            "predictor": definition["predictor"],
            "options": definition.get("options", {}),
            "rate": runs[row["run"]]["rate"],
            "code": version_of(
                "predict_weights.py", PREDICTORS.module_of(definition["predictor"])
            ),
        }

    return _planned(tables, "predictor", entry)


def plan_controls(
    tables: Iterable[Request], runs: Settings, horizons: Iterable[int]
) -> Planned:
    """Plan every control that is made from another method's prediction.

    Args:
        tables: request of every table.
        runs: what is planned for the runs.
        horizons: those of the config, which a table may evaluate some of.
    """

    def entry(request: Request, row: Settings, method: str) -> dict[str, Any]:
        definition = request.config["methods"][method]
        return {
            "base": runs[row["run"]]["base"],
            "weights": [
                f"results/predictions/{row['run']}/{definition['of']}/n{n}.safetensors"
                for n in horizons
            ],
            "control": definition["control"],
        }

    return _planned(tables, "of", entry)


def plan_selections(
    tables: Iterable[Request], runs: Settings, version_of: VersionOf
) -> Planned:
    """Plan every selection between Theta_0 and the predictions of some methods."""

    def entry(request: Request, row: Settings, method: str) -> dict[str, Any]:
        selected = request.config["methods"][method]["select"]
        run = runs[row["run"]]
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

    return _planned(tables, "select", entry)


def _planned(
    tables: Iterable[Request],
    key: str,
    entry: Callable[[Request, Settings, str], dict[str, Any]],
) -> Planned:
    """Make the entry of every run and method whose definition has `key`."""
    planned: Planned = {}
    for request in tables:
        for row in request.rows:
            for method in request.methods_with(key):
                of_run = planned.setdefault(row["run"], {})
                of_run[method] = entry(request, row, method)
    return planned
