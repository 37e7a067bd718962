"""Figure 3: the route of each view's runs, the methods and the points around it."""

from collections.abc import Mapping
from typing import Any

from know.architectures import ARCHITECTURES
from know.plan.hypernetworks import compared_methods, method_modules
from know.plan.requests import (
    ORACLE,
    Request,
    Settings,
    VersionOf,
    block_of,
    dataset_names,
    weights_files,
)


def plan_landscape(
    views: Mapping[str, Request],
    runs: Settings,
    config: Settings,
    version_of: VersionOf,
) -> dict[str, Any]:
    """Plan Figure 3."""
    section = config["landscape"]
    view_runs = {
        view: [row["run"] for row in request.rows] for view, request in views.items()
    }
    blocks = range(section["points"] // section["points_per_job"])
    datasets = [name for request in views.values() for name in dataset_names(request)]
    return {
        "datasets": list(dict.fromkeys(datasets)),
        **compared_methods(config, section["methods"]),
        "cloud": {"spread": section["spread"], "level": section["noise"]},
        "points": {str(b): block_of(b, section["points_per_job"]) for b in blocks},
        "views": view_runs,
        "titles": {view: section["views"][view]["title"] for view in views},
        "locations": [
            f"results/landscape/{run}/locations.json"
            for names in view_runs.values()
            for run in names
        ],
        # The first run of each view is drawn.
        "drawn": [
            f"results/landscape/{names[0]}.zarr.zip" for names in view_runs.values()
        ],
        "runs": {
            row["run"]: {
                "truths": weights_files(request, row, ORACLE)
                if ORACLE in request.methods
                else [],
                "route": {
                    "stages": section["stages"],
                    "withheld": request.stages - section["stages"],
                },
                "ground": {
                    "settings": runs[row["run"]]["settings"],
                    "images": section["images"],
                },
                "blocks": [
                    f"results/landscape/{row['run']}/points-{block}.safetensors"
                    for block in blocks
                ],
                "code": _versions(runs[row["run"]], config, version_of),
            }
            for request in views.values()
            for row in request.rows
        },
    }


def _versions(run: Settings, config: Settings, version_of: VersionOf) -> dict[str, str]:
    network = ARCHITECTURES.module_of(run["settings"]["architecture"])
    methods = method_modules(config, config["landscape"]["methods"])
    return {
        "locate_weights": version_of("locate_weights.py", network, *methods),
        "evaluate_points": version_of("evaluate_points.py", network),
    }
