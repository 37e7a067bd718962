"""Meta-data, the hypernetworks that learn from them, and how these are compared."""

import os
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import PurePath
from typing import Any

from know.architectures import ARCHITECTURES
from know.data.augmentations import AUGMENTATIONS
from know.hypernetwork.models import MODELS
from know.plan.published import start_files
from know.plan.requests import Settings, VersionOf, blocks_of, dataset_file
from know.predictors import PREDICTORS
from know.shipped import SHIPPED

KINDS = ("conv", "fc", "bias")
"""Kinds of tensor, each with a hypernetwork of its own."""
_NOT_DRAWN = (
    "datasets",
    "families",
    "held_out",
    "shards",
    "trials_per_shard",
    "weights_per_tensor",
)
"""Settings of meta-data that no draw of a trial depends on."""


def plan_metadata(config: Settings, version_of: VersionOf) -> dict[str, Any]:
    """Plan every set of meta-data."""
    planned = {}
    for name, section in config["metadata"].items():
        families = {key: config["architectures"][key] for key in section["families"]}
        names = {family["architecture"] for family in families.values()}
        modules = sorted(map(ARCHITECTURES.module_of, names))
        modules += sorted(map(AUGMENTATIONS.module_of, section["augmentations"]))
        size = section["trials_per_shard"]
        planned[name] = {
            "datasets": [dataset_file(dataset) for dataset in section["datasets"]],
            "start": sorted({f for one in families.values() for f in start_files(one)}),
            "settings": {
                **{k: v for k, v in section.items() if k not in _NOT_DRAWN},
                "families": families,
                "metadata": name,
            },
            "trials": blocks_of(section["shards"] * size, size),
            "weights_per_tensor": section["weights_per_tensor"],
            "stages": section["stages"][1],
            "code": version_of("collect_metadata.py", *modules),
        }
    return planned


def plan_hypernetworks(config: Settings, version_of: VersionOf) -> dict[str, Any]:
    """Plan every hypernetwork, and the training of those that the workflow trains."""
    planned: dict[str, Any] = {}
    for name, section in config["hypernetworks"].items():
        planned[name] = {"files": hypernetwork_files(config, name)}
        if section["source"] == "trained":
            metadata = section["metadata"]
            learnt = config["metadata"][metadata]
            module = MODELS.module_of(section["model"])
            planned[name] |= {
                "draws": [
                    f"results/metadata/{metadata}/draws-{shard}.safetensors"
                    for shard in range(learnt["shards"])
                ],
                "held_out": learnt["held_out"],
                "settings": section["training"],
                "code": version_of("train_hypernetwork.py", module),
            }
    return planned


def hypernetwork_files(config: Settings, name: str | None) -> list[str]:
    """List the files of a hypernetwork, one per kind of tensor; none without a name."""
    if name is None:
        return []
    section = config["hypernetworks"][name]
    folder = section["source"]
    if folder == "trained":
        folder = f"results/hypernetworks/{name}"
    elif PurePath(folder).parts[0] == "shipped":
        folder = os.path.relpath(SHIPPED / PurePath(folder).relative_to("shipped"))
    return [f"{folder}/{section['model']}_{kind}.safetensors" for kind in KINDS]


def compared_methods(config: Settings, names: Sequence[str]) -> dict[str, Any]:
    """Describe methods that one job compares: settings and hypernetwork files."""
    definitions = {name: config["methods"][name] for name in names}
    methods = [
        {
            "method": name,
            "predictor": method["predictor"],
            "options": method.get("options", {}),
            "hypernetworks": hypernetwork_files(config, method.get("hypernetwork")),
        }
        for name, method in definitions.items()
    ]
    files = [file for method in methods for file in method["hypernetworks"]]
    return {"methods": methods, "hypernetworks": files}


def plan_comparison(config: Settings, version_of: VersionOf) -> dict[str, Any]:
    """Plan the table of errors on held-out trials."""
    table = config["hypernetwork_table"]
    name, methods = table["metadata"], table["methods"]
    metadata = config["metadata"][name]
    used = [config["methods"][method].get("hypernetwork") for method in methods]
    return {
        **compared_methods(config, methods),
        "comparison": {
            "horizons": table["horizons"],
            "stages": table["stages"],
            "trials": ceil(table["trials_per_group"] / metadata["shards"]),
        },
        "held_out": metadata["held_out"],
        "errors": [
            f"results/held_out/{name}/shard-{shard}.json"
            for shard in range(metadata["shards"])
        ],
        "trained_models": [
            file
            for source in dict.fromkeys(filter(None, used))
            if config["hypernetworks"][source]["source"] == "trained"
            for file in hypernetwork_files(config, source)
        ],
        "datasets": metadata["datasets"],
        "code": version_of("measure_held_out.py", *method_modules(config, methods)),
    }


def method_modules(config: Settings, methods: Iterable[str]) -> list[str]:
    """List the modules of predicting methods and of their hypernetworks, each once."""
    modules = set()
    for method in methods:
        definition = config["methods"][method]
        modules.add(PREDICTORS.module_of(definition["predictor"]))
        if "hypernetwork" in definition:
            model = config["hypernetworks"][definition["hypernetwork"]]["model"]
            modules.add(MODELS.module_of(model))
    return sorted(modules)
