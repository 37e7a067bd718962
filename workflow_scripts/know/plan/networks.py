"""Data sets, pre-trained networks, and the runs that forget them."""

from collections.abc import Sequence
from typing import Any

from know.architectures import ARCHITECTURES
from know.data.sources import SOURCES
from know.plan.requests import (
    Request,
    Settings,
    VersionOf,
    architecture_of,
    dataset_file,
    network_file,
    network_id,
    num_images,
    oracle_horizons,
)


def plan_datasets(config: Settings, version_of: VersionOf) -> dict[str, Any]:
    """Plan every data set of the config."""
    return {
        name: {
            "settings": settings,
            # What is made by code has no files.
            "data_root": None
            if SOURCES.facts(settings["source"]).get("GENERATES")
            else config["data_root"],
            "code": version_of(
                "prepare_data.py", SOURCES.module_of(settings["source"])
            ),
        }
        for name, settings in config["datasets"].items()
    }


def plan_networks(
    requests: Sequence[Request], version_of: VersionOf
) -> dict[str, dict[str, Any]]:
    """Plan every network that is pre-trained from scratch: Theta_0s and oracles."""
    networks = {}
    for request in requests:
        for row in request.rows:
            for horizon in [0, *oracle_horizons(request)]:
                name = network_id(request, row, horizon)
                settings = {
                    **request.pretraining,
                    **architecture_of(request, row),
                    "images": num_images(request, row, horizon),
                    "network": name,
                    "seed": int(row["seed"]),
                }
                network = ARCHITECTURES.module_of(settings["architecture"])
                networks[name] = {
                    "dataset": dataset_file(row["dataset"]),
                    "start": _start(settings["options"]),
                    "settings": settings,
                    "code": version_of("pretrain_network.py", network),
                }
    return networks


def _start(options: Settings) -> list[str]:
    """File of the weights that a training starts from, if the user brings one."""
    weights = options.get("weights")
    return [] if weights in (None, "timm") else [weights]


def plan_runs(
    requests: Sequence[Request],
    networks: Settings,
    version_of: VersionOf,
) -> dict[str, dict[str, Any]]:
    """Plan every run: what it starts from, how it forgets, its stages' weights."""
    runs = {}
    for request in requests:
        for row in request.rows:
            run, base = row["run"], network_id(request, row)
            network = ARCHITECTURES.module_of(
                networks[base]["settings"]["architecture"]
            )
            files = [
                network_file(base),
                *(
                    f"results/forgetting/{run}/stage-{stage}.safetensors"
                    for stage in range(1, request.stages)
                ),
            ]
            runs[run] = {
                **{
                    key: networks[base][key] for key in ("dataset", "start", "settings")
                },
                "rate": float(request.rate),
                "num_stages": request.stages,
                "base": files[0],
                "weights": files,
                # What each stage goes on from.
                "before": {
                    str(stage + 1): {
                        "weights": file,
                        "optimizer_state": file.replace(
                            ".safetensors", ".optimizer.safetensors"
                        ),
                    }
                    for stage, file in enumerate(files[:-1])
                },
                "code": {
                    rule: version_of(f"{rule}.py", network)
                    for rule in (
                        *("pretrain_incrementally", "forget_stage"),
                        "export_trajectory",
                    )
                },
            }
    return runs
