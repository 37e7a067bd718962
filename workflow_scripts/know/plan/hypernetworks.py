"""Meta-data, the hypernetworks that learn from them, and how these are compared."""

import os
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import PurePath
from typing import Any

from know.architectures import ARCHITECTURES
from know.hypernetwork.models import MODELS
from know.plan.requests import Settings, VersionOf, block_of, dataset_file
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


def plan_metadata(config: Settings, version_of: VersionOf) -> dict[str, dict[str, Any]]:
    """Plan every set of meta-data."""
    return {
        name: {
            "datasets": [dataset_file(dataset) for dataset in section["datasets"]],
            "settings": {
                **{k: v for k, v in section.items() if k not in _NOT_DRAWN},
                "families": {
                    family: config["architectures"][family]
                    for family in section["families"]
                },
                "metadata": name,
            },
            "trials": {
                str(shard): block_of(shard, section["trials_per_shard"])
                for shard in range(section["shards"])
            },
            "weights_per_tensor": section["weights_per_tensor"],
            "code": version_of(
                "collect_metadata.py", *_family_modules(config, section)
            ),
        }
        for name, section in config["metadata"].items()
    }


def _family_modules(config: Settings, section: Settings) -> list[str]:
    names = {config["architectures"][f]["architecture"] for f in section["families"]}
    return sorted(ARCHITECTURES.module_of(name) for name in names)


def plan_hypernetworks(
    config: Settings, version_of: VersionOf
) -> dict[str, dict[str, Any]]:
    """Plan every hypernetwork, and the training of those that the workflow trains."""
    hypernetworks: dict[str, dict[str, Any]] = {}
    for name, section in config["hypernetworks"].items():
        hypernetworks[name] = {"files": hypernetwork_files(config, name)}
        if section["source"] == "trained":
            metadata = section["metadata"]
            hypernetworks[name] |= {
                "draws": [
                    f"results/metadata/{metadata}/draws-{shard}.safetensors"
                    for shard in range(config["metadata"][metadata]["shards"])
                ],
                "held_out": config["metadata"][metadata]["held_out"],
                "settings": section["training"],
                "code": version_of(
                    "train_hypernetwork.py", MODELS.module_of(section["model"])
                ),
            }
    return hypernetworks


def hypernetwork_files(config: Settings, name: str) -> list[str]:
    """List the files of a hypernetwork, one per kind of tensor."""
    section = config["hypernetworks"][name]
    folder = section["source"]
    if folder == "trained":
        folder = f"results/hypernetworks/{name}"
    elif PurePath(folder).parts[0] == "shipped":
        folder = os.path.relpath(SHIPPED / PurePath(folder).relative_to("shipped"))
    return [f"{folder}/{section['model']}_{kind}.safetensors" for kind in KINDS]


def method_files(config: Settings, method: str) -> list[str]:
    """List the hypernetwork files that a method reads; none for most methods."""
    name = config["methods"][method].get("hypernetwork")
    return hypernetwork_files(config, name) if name else []


def compared_methods(config: Settings, names: Sequence[str]) -> dict[str, Any]:
    """Describe methods that predict without Snakemake's help: settings and files."""
    methods = [
        {
            "method": name,
            "predictor": config["methods"][name]["predictor"],
            "options": config["methods"][name].get("options", {}),
            "hypernetworks": method_files(config, name),
        }
        for name in names
    ]
    files = [file for method in methods for file in method["hypernetworks"]]
    return {"methods": methods, "hypernetworks": files}


def plan_comparison(config: Settings, version_of: VersionOf) -> dict[str, Any]:
    """Plan the table of errors on held-out trials."""
    table = config["hypernetwork_table"]
    metadata, names = table["metadata"], table["methods"]
    shards = config["metadata"][metadata]["shards"]
    used = [config["methods"][name].get("hypernetwork") for name in names]
    return {
        **compared_methods(config, names),
        "comparison": {
            "horizons": table["horizons"],
            "stages": table["stages"],
            "trials": ceil(table["trials_per_group"] / shards),
        },
        "held_out": config["metadata"][metadata]["held_out"],
        "errors": [
            f"results/held_out/{metadata}/shard-{shard}.json" for shard in range(shards)
        ],
        "trained_models": [
            file
            for name in dict.fromkeys(used)
            if name and config["hypernetworks"][name]["source"] == "trained"
            for file in hypernetwork_files(config, name)
        ],
        "datasets": config["metadata"][metadata]["datasets"],
        "code": version_of("measure_held_out.py", *method_modules(config, names)),
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
