"""Data sets, pre-trained networks, and the runs that forget them."""

from collections.abc import Sequence
from typing import Any

from know.architectures import ARCHITECTURES
from know.data.sources import SOURCES
from know.plan.requests import (
    AVERAGES,
    Request,
    Settings,
    VersionOf,
    dataset_file,
    network_file,
)

_RULES_OF_A_RUN = ("pretrain_incrementally", "forget_stage", "export_trajectory")


def plan_datasets(config: Settings, version_of: VersionOf) -> dict[str, Any]:
    """Plan every data set of the config."""
    planned = {}
    for name, settings in config["datasets"].items():
        source = settings["source"]
        planned[name] = {
            "settings": settings,
            "code": version_of("prepare_data.py", SOURCES.module_of(source)),
        }
    return planned


def plan_networks(requests: Sequence[Request], version_of: VersionOf) -> dict[str, Any]:
    """Plan every network that is pre-trained from scratch: Theta_0s and oracles."""
    networks = {}
    averaged = {
        request.network(row)
        for of_table in requests
        for row, request in of_table.by_run()
        if any(map(request.trains, AVERAGES))
    }
    for of_table in requests:
        for row, request in of_table.by_run():
            architecture = request.config["architectures"][row["architecture"]]
            module = ARCHITECTURES.module_of(architecture["architecture"])
            # Weights that the user brings, to start from.
            weights = architecture["options"].get("weights")
            for name, pretraining in request.networks(row):
                networks[name] = {
                    "dataset": dataset_file(row["dataset"]),
                    "start": [] if weights in (None, "timm") else [weights],
                    "settings": {
                        **pretraining,
                        **architecture,
                        "network": name,
                        "seed": int(row["seed"]),
                    },
                    "averages": name in averaged,
                    "code": version_of("pretrain_network.py", module),
                }
    return networks


def plan_runs(
    requests: Sequence[Request], networks: Settings, version_of: VersionOf
) -> dict[str, Any]:
    """Plan every run: what it starts from, how it forgets, its stages' weights."""
    runs = {}
    for request in requests:
        for row in request.rows:
            run, base = row["run"], request.network(row)
            network = networks[base]
            module = ARCHITECTURES.module_of(network["settings"]["architecture"])
            files = [
                network_file(base),
                *(
                    f"results/forgetting/{run}/stage-{stage}.safetensors"
                    for stage in range(1, request.stages)
                ),
            ]
            runs[run] = {
                **{key: network[key] for key in ("dataset", "start", "settings")},
                "rate": float(request.rate),
                "num_stages": request.stages,
                "base": files[0],
                "weights": files,
                # Files that each stage continues from.
                "before": {
                    str(stage): {
                        "weights": file,
                        "optimizer_state": file.replace(
                            ".safetensors", ".optimizer.safetensors"
                        ),
                    }
                    for stage, file in enumerate(files[:-1], start=1)
                },
                "code": {
                    rule: version_of(f"{rule}.py", module) for rule in _RULES_OF_A_RUN
                },
            }
    return runs
