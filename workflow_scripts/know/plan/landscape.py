"""Figure 3: the route of each view's runs, the methods and the points around it."""

from collections.abc import Mapping
from typing import Any

from know.architectures import ARCHITECTURES
from know.plan.hypernetworks import compared_methods, method_modules
from know.plan.requests import ORACLE, Request, Settings, VersionOf, blocks_of


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
    points = blocks_of(section["points"], section["points_per_job"])
    datasets = [name for request in views.values() for name in request.datasets()]
    modules = method_modules(config, section["methods"])
    planned_runs = {}
    for request in views.values():
        for row in request.rows:
            name, settings = row["run"], runs[row["run"]]["settings"]
            network = ARCHITECTURES.module_of(settings["architecture"])
            has_oracle = ORACLE in request.methods
            planned_runs[name] = {
                "truths": request.weights_of(ORACLE, row) if has_oracle else [],
                "route": {
                    "stages": section["stages"],
                    "withheld": request.stages - section["stages"],
                },
                "ground": {"settings": settings, "images": section["images"]},
                "blocks": [
                    f"results/landscape/{name}/points-{block}.safetensors"
                    for block in points
                ],
                "code": {
                    "locate_weights": version_of(
                        "locate_weights.py", network, *modules
                    ),
                    "evaluate_points": version_of("evaluate_points.py", network),
                },
            }
    return {
        "datasets": list(dict.fromkeys(datasets)),
        **compared_methods(config, section["methods"]),
        "cloud": {"spread": section["spread"], "level": section["noise"]},
        "points": points,
        "views": view_runs,
        "titles": {view: section["views"][view]["title"] for view in views},
        "locations": [
            f"results/landscape/{run}/locations.json" for run in planned_runs
        ],
        # The first run of each view is drawn.
        "drawn": [
            f"results/landscape/{names[0]}.zarr.zip" for names in view_runs.values()
        ],
        "runs": planned_runs,
    }
