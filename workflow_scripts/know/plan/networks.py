"""Data sets, pre-trained networks, and the runs that forget them."""

from collections.abc import Iterator, Sequence
from math import floor
from pathlib import Path
from typing import Any

from know.architectures import ARCHITECTURES
from know.data.augmentations import AUGMENTATIONS
from know.data.sources import SOURCES
from know.errors import some_of
from know.plan.published import start_files
from know.plan.requests import (
    AVERAGES,
    IMPORTED,
    LONGER,
    Request,
    Row,
    Settings,
    VersionOf,
    dataset_file,
    imported_file,
)

_RULES_OF_A_RUN = ("pretrain_incrementally", "forget_stage", "export_trajectory")
_RULES_OF_AN_IMPORT = ("import_stage", "export_trajectory")


def plan_datasets(config: Settings, version_of: VersionOf) -> dict[str, Any]:
    """Plan every data set of the config."""
    planned = {}
    for name, settings in config["datasets"].items():
        source = settings["source"]
        planned[name] = {
            "fetched": [f"results/fetched/{n}.json" for n in _fetched_name(settings)],
            "settings": settings,
            "code": version_of("prepare_data.py", SOURCES.module_of(source)),
        }
    return planned


def plan_fetched(config: Settings) -> dict[str, Any]:
    """Plan the fetch of every data set that needs one, by torchvision's name of it."""
    return {
        name: {"source": settings["source"], "name": name}
        for settings in config["datasets"].values()
        for name in _fetched_name(settings)
    }


def plan_networks(requests: Sequence[Request], version_of: VersionOf) -> dict[str, Any]:
    """Plan every network that is pre-trained: Theta_0s, oracles, longer ones."""
    networks = {}
    averaged = {
        request.network(row)
        for of_table in requests
        for row, request in of_table.by_run()
        if any(map(request.trains, AVERAGES))
    }
    for of_table in requests:
        for row, request in of_table.by_run():
            for name, pretraining in request.networks(row):
                network = _network(request, row, name, pretraining)
                modules = training_modules(network["settings"], pretraining["training"])
                networks[name] = {
                    **network,
                    # One that was trained elsewhere is only trained further.
                    "base": [request.base(row)] if IMPORTED in row else [],
                    "averages": name in averaged,
                    "code": version_of("pretrain_network.py", *modules),
                }
    return networks


def plan_runs(requests: Sequence[Request], version_of: VersionOf) -> dict[str, Any]:
    """Plan every run: what it starts from, how it forgets, its stages' weights."""
    runs = {}
    for request in requests:
        for row in request.rows:
            pretraining = {**request.pretraining, "images": request.num_images(row)}
            network = _network(request, row, request.network(row), pretraining)
            modules = training_modules(
                network["settings"], request.pretraining["training"]
            )
            is_imported = IMPORTED in row
            files = _stage_files(request, row)
            rules = _RULES_OF_AN_IMPORT if is_imported else _RULES_OF_A_RUN
            runs[row["run"]] = {
                **network,
                "rate": float(request.rate),
                "num_stages": request.stages,
                "base": files[0],
                "weights": files,
                **(
                    {"imported": _imported(request, row)}
                    if is_imported
                    else {"before": _before(files)}
                ),
                "code": {rule: version_of(f"{rule}.py", *modules) for rule in rules},
            }
    return runs


def training_modules(network: Settings, training: Settings) -> list[str]:
    """List the modules of a network and of what its training does to images."""
    return [
        ARCHITECTURES.module_of(network["architecture"]),
        AUGMENTATIONS.module_of(training["augmentation"]),
    ]


def import_problems(request: Request) -> Iterator[str]:
    """Yield runs trained elsewhere with other stages than S, and rows they lack."""
    rows = [row for row in request.rows if IMPORTED in row]
    for row in rows:
        if (found := len(row[IMPORTED])) != request.stages:
            yield (
                f"run {row['run']}: wanted {request.stages} stages, Theta_0 first, as "
                f"forgetting.stages says; found {found}: {some_of(row[IMPORTED])}"
            )
    lacking = [
        name
        for name in request.methods_with("weights")
        if request.method(name)["weights"] not in ("base", LONGER)
    ]
    if rows and lacking:
        yield (
            f"{request.place}.methods: {', '.join(lacking)} need a pre-training by the "
            f"workflow, and the stages of {some_of([row['run'] for row in rows])} were "
            "trained elsewhere; leave these methods out"
        )


def _fetched_name(settings: Settings) -> list[str]:
    fetches = SOURCES.facts(settings["source"]).get("FETCHES", False)
    return [settings["name"]] if fetches and "name" in settings else []


def _network(
    request: Request, row: Row, name: str, pretraining: Settings
) -> dict[str, Any]:
    """Return what a network is built and trained by."""
    architecture = request.config["architectures"][row["architecture"]]
    return {
        "dataset": dataset_file(row["dataset"]),
        "start": start_files(architecture),
        "settings": {
            **pretraining,
            **architecture,
            "network": name,
            "seed": int(row["seed"]),
        },
    }


def _stage_files(request: Request, row: Row) -> list[str]:
    run, stages = row["run"], range(1, request.stages)
    if IMPORTED in row:
        later = [imported_file(run, stage) for stage in stages]
    else:
        later = [f"results/forgetting/{run}/stage-{n}.safetensors" for n in stages]
    return [request.base(row), *later]


def _before(files: Sequence[str]) -> dict[str, Any]:
    """Return the files that each stage continues from."""
    return {
        str(stage): {
            "weights": file,
            "optimizer_state": file.replace(".safetensors", ".optimizer.safetensors"),
        }
        for stage, file in enumerate(files[:-1], start=1)
    }


def _imported(request: Request, row: Row) -> dict[str, Any]:
    """Return the files of each stage that was trained elsewhere, and its samples."""
    images = request.num_images(row)
    return {
        str(stage): {
            "network": path,
            "files": _files_of(Path(path)),
            "samples": floor(images * request.rate**stage),
        }
        for stage, path in enumerate(row[IMPORTED])
    }


def _files_of(network: Path) -> list[str]:
    """List a network's files: a folder's own date does not tell that one changed."""
    files = sorted(network.iterdir()) if network.is_dir() else [network]
    return [str(file) for file in files if file.is_file()]
