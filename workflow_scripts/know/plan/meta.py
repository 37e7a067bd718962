"""Meta-data, the hyper-models that learn from them, and how these are compared."""

import os
from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import PurePath
from typing import Any

from know.shipped import SHIPPED

Settings = Mapping[str, Any]

KINDS = ("conv", "fc", "bias")
"""Kinds of tensor that have a hyper-model each."""
_NOT_DRAWN = (
    "datasets",
    "held_out",
    "shards",
    "trials_per_shard",
    "weights_per_tensor",
)
"""Settings of meta-data that no draw of a trial depends on."""


class MetaPlan:
    """What a config says of meta-data and hypernetworks."""

    def __init__(self, config: Settings) -> None:
        """Look ids up in `config`, which fits its schema."""
        self.config = config
        self.table_metadata = str(config["hypernetwork_table"]["metadata"])

    def files_of(self, method: Settings) -> list[str]:
        """Hyper-model files that a method reads; none for most methods."""
        name = method.get("hypernetwork")
        return self.hyper_models(name) if name else []

    def hyper_models(self, hypernetwork: str) -> list[str]:
        """One file a kind of tensor."""
        definition = self.config["hypernetworks"][hypernetwork]
        folder = definition["source"]
        if folder == "trained":
            folder = f"results/hypernetworks/{hypernetwork}"
        elif PurePath(folder).parts[0] == "shipped":
            folder = os.path.relpath(SHIPPED / PurePath(folder).relative_to("shipped"))
        return [f"{folder}/{definition['model']}_{kind}.safetensors" for kind in KINDS]

    def shards(self, metadata: str) -> list[str]:
        """Files of a meta-data set."""
        return self._shard_files(metadata, "results/metadata/{}/shard-{}.zarr.zip")

    def draws(self, metadata: str) -> list[str]:
        """Files of the weights drawn from each shard, which is what trainings read."""
        return self._shard_files(metadata, "results/metadata/{}/draws-{}.safetensors")

    def _shard_files(self, metadata: str, form: str) -> list[str]:
        count = self.config["metadata"][metadata]["shards"]
        return [form.format(metadata, shard) for shard in range(count)]

    def shard_trials(self, metadata: str, shard: int) -> list[int]:
        """Numbers of the trials in one shard."""
        size = self.config["metadata"][metadata]["trials_per_shard"]
        return list(range(shard * size, (shard + 1) * size))

    def metadata_settings(self, metadata: str) -> dict[str, Any]:
        """From what a meta-data set is drawn."""
        settings = self.config["metadata"][metadata]
        families = {
            name: self.config["architectures"][name] for name in settings["families"]
        }
        drawn = {
            key: value
            for key, value in settings.items()
            if key not in _NOT_DRAWN and key != "families"
        }
        return {**drawn, "families": families, "metadata": metadata}

    def trained_hypernetworks(self) -> list[str]:
        """Hypernetworks that the workflow trains itself."""
        return [
            name
            for name, definition in self.config["hypernetworks"].items()
            if definition["source"] == "trained"
        ]

    def metadata_of(self, hypernetwork: str) -> str:
        """Meta-data set that a hypernetwork is trained on."""
        return str(self.config["hypernetworks"][hypernetwork]["metadata"])

    def held_out(self, metadata: str) -> dict[str, Any]:
        """Which trials of a meta-data set are never trained on."""
        settings: dict[str, Any] = self.config["metadata"][metadata]["held_out"]
        return settings

    def trained_model_files(self) -> list[str]:
        """Hyper-models that the workflow trains itself, those of a comparison."""
        trained = set(self.trained_hypernetworks())
        names = [name for name in self.compared_hypernetworks() if name in trained]
        return [file for name in names for file in self.hyper_models(name)]

    def compared_hypernetworks(self) -> list[str]:
        """Hypernetworks of the methods of the held-out table, each once."""
        names = self.config["hypernetwork_table"]["methods"]
        methods = [self.config["methods"][name] for name in names]
        used = [m["hypernetwork"] for m in methods if "hypernetwork" in m]
        return list(dict.fromkeys(used))

    def compared_methods(self) -> list[dict[str, Any]]:
        """Predictor, options and hyper-models of each method of the held-out table."""
        return self.described(self.config["hypernetwork_table"]["methods"])

    def described(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Predictor, options and hyper-models of some methods that predict."""
        found = [(name, self.config["methods"][name]) for name in names]
        return [
            {
                "method": name,
                "predictor": method["predictor"],
                "options": method.get("options", {}),
                "hyper_models": self.files_of(method),
            }
            for name, method in found
        ]

    def comparison(self) -> dict[str, Any]:
        """How methods are compared on each shard of meta-data."""
        table = self.config["hypernetwork_table"]
        shards = self.config["metadata"][self.table_metadata]["shards"]
        return {
            "horizons": table["horizons"],
            "stages": table["stages"],
            "trials": ceil(table["trials_per_group"] / shards),
        }

    def held_out_files(self) -> list[str]:
        """Errors on held-out trajectories, one file a shard of meta-data."""
        metadata = self.config["hypernetwork_table"]["metadata"]
        return self._shard_files(metadata, "results/held_out/{}/shard-{}.json")
