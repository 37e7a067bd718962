"""What a config asks for: which runs, networks, methods and files there are.

Torch-free and quick, because Snakemake runs it before the first job. A wildcard is
looked up here, never parsed.
"""

import os
from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

from know.errors import raise_all
from know.plan.checks import plan_problems, sheet_problems
from know.plan.shares import exact_share
from know.shipped import SHIPPED

Settings = Mapping[str, Any]

KINDS = ("conv", "fc", "bias")
"""Kinds of tensor that have a hyper-model each."""
_NOT_DRAWN = ("datasets", "held_out", "shards", "trials_a_shard", "weights_a_tensor")
"""Settings of meta-data that no draw of a trial depends on."""


class Plan:
    """A validated config and its run sheet, with the files they stand for."""

    def __init__(self, config: Settings, runs: Sequence[Settings]) -> None:
        """Derive every id from the config.

        Args:
            config: fits the schema of the config.
            runs: rows of the run sheet, which fit theirs.

        Raises:
            KnowError: naming every id that nothing declares and every request that
                cannot be met.
        """
        self.config = config
        self.runs = {row["run"]: row for row in runs}
        self.exact_rate = exact_share(config["forgetting"]["rate"])
        self.rate = float(self.exact_rate)
        self.num_stages = int(config["forgetting"]["stages"])
        self.horizons = list(config["horizons"])
        self.methods = list(config["table1"]["methods"])
        self.task = config["table1"]["task"]
        self.table_metadata = config["hypernetwork_table"]["metadata"]
        problems = sheet_problems(runs) + plan_problems(self)
        raise_all(problems, "the config contradicts itself")
        self.networks = {
            self.network(run, horizon): self._pretraining(run, horizon)
            for run in self.runs
            for horizon in [0, *self.oracle_horizons()]
        }

    # Pre-training.

    def images(self, run: str, horizon: int = 0) -> int:
        """Images of D_0, or of the `horizon`-th oracle's larger set, for `run`."""
        full: int = self.config["pretraining"]["images"]
        share = exact_share(self.runs[run]["fraction"])
        return floor(full * share / self.exact_rate**horizon)

    def network(self, run: str, horizon: int = 0) -> str:
        """Id of the network pre-trained on D_0, or of an oracle's.

        The oracle of a half-size run is the full-size run's network, trained once.
        """
        row = self.runs[run]
        size = self.images(run, horizon)
        return f"{row['dataset']}-{row['architecture']}-{size}-s{int(row['seed'])}"

    def _pretraining(self, run: str, horizon: int) -> dict[str, Any]:
        return {
            **self._body(run),
            "images": self.images(run, horizon),
            "network": self.network(run, horizon),
            "seed": int(self.runs[run]["seed"]),
            "stratified": self.config["pretraining"]["stratified"],
            "training": self.config["pretraining"]["training"],
        }

    def run_pretraining(self, run: str) -> dict[str, Any]:
        """Settings of the pre-training that `run` starts from."""
        return self.networks[self.network(run)]

    def run_dataset(self, run: str) -> str:
        """Id of the data set that `run` is pre-trained on."""
        return str(self.runs[run]["dataset"])

    def network_dataset(self, network: str) -> str:
        """Id of the data set that a network is pre-trained on."""
        return next(
            self.run_dataset(run)
            for run in self.runs
            for horizon in [0, *self.oracle_horizons()]
            if self.network(run, horizon) == network
        )

    def oracle_horizons(self) -> list[int]:
        """Horizons for which the table wants an oracle's network."""
        oracle = any(self.method(m).get("weights") == "oracle" for m in self.methods)
        return self.horizons if oracle else []

    def _body(self, run: str) -> dict[str, Any]:
        architecture = self.config["architectures"][self.runs[run]["architecture"]]
        return {
            "architecture": architecture["architecture"],
            "options": architecture["options"],
        }

    # Methods.

    def method(self, method: str) -> Settings:
        """Definition of a method, control or oracle."""
        definition: Settings = self.config["methods"][method]
        return definition

    def predicted_methods(self) -> list[str]:
        """Methods of the table that a predictor makes."""
        return [m for m in self.methods if "predictor" in self.method(m)]

    def control_methods(self) -> list[str]:
        """Controls of the table that are made from another method's prediction."""
        return [m for m in self.methods if "of" in self.method(m)]

    def selecting_methods(self) -> list[str]:
        """Methods of the table that pick one of other methods' predictions."""
        return [m for m in self.methods if "select" in self.method(m)]

    def method_horizons(self, method: str) -> list[int]:
        """Stages that a method extrapolates: only 0 where it predicts nothing."""
        definition = self.method(method)
        unpredicted = definition.get("weights") in ("base", "incremental")
        return [0] if unpredicted or "select" in definition else self.horizons

    def factor(self, horizon: int) -> float:
        """Data multiplier of a horizon, rate^-horizon."""
        return float(1 / self.exact_rate**horizon)

    def weights(self, run: str, method: str) -> list[str]:
        """Files of a method's weights for `run`, one a horizon."""
        if "select" in self.method(method):
            return [f"results/selected/{run}/{method}.safetensors"]
        source = self.method(method).get("weights")
        if source == "incremental":
            return [f"results/incremental/{run}.safetensors"]
        if source in ("base", "oracle"):
            return [
                f"results/networks/{self.network(run, horizon)}.safetensors"
                for horizon in self.method_horizons(method)
            ]
        return [
            f"results/predictions/{run}/{method}/n{horizon}.safetensors"
            for horizon in self.horizons
        ]

    def norm_layers(self, method: str) -> str:
        """How a method's norm layers start downstream."""
        definition = self.method(method)
        if "of" in definition:
            return self.norm_layers(definition["of"])
        # Picked weights come with their norm layers as the pick's own row starts them.
        is_ready = "weights" in definition or "select" in definition
        default = "base" if is_ready else None
        chosen = definition.get("norm_layers", default)
        return str(chosen or self.config["table1"]["norm_layers"])

    def hypernetwork_files(self, method: str) -> list[str]:
        """Hyper-model files that a method reads; none for most methods."""
        name = self.method(method).get("hypernetwork")
        return self.hyper_models(name) if name else []

    def hyper_models(self, hypernetwork: str) -> list[str]:
        """One file a kind of tensor."""
        definition = self.config["hypernetworks"][hypernetwork]
        folder = {
            "trained": f"results/hypernetworks/{hypernetwork}",
            "shipped": os.path.relpath(SHIPPED),
        }.get(definition["source"], definition["source"])
        return [f"{folder}/{definition['model']}_{kind}.safetensors" for kind in KINDS]

    def table_runs(self) -> list[dict[str, Any]]:
        """Facts about each run that the tables need."""
        return [
            {
                "run": run,
                "fraction": float(row["fraction"]),
                "seed": int(row["seed"]),
                "title": f"{row['dataset']}, {row['architecture']}",
            }
            for run, row in self.runs.items()
        ]

    def table_methods(self) -> list[dict[str, Any]]:
        """Facts about each method that the tables need."""
        return [
            {
                "method": method,
                "is_control": self._is_control(method),
                "same_norms": self._same_norms(method),
                "paper_row": self.method(method).get("paper_row"),
            }
            for method in self.methods
        ]

    def _is_control(self, method: str) -> bool:
        definition = self.method(method)
        return "of" in definition or bool(definition.get("is_control"))

    def _same_norms(self, method: str) -> str | None:
        """The listed control that is Theta_0 at this method's own norms."""
        for name in self.control_methods():
            definition = self.method(name)
            if (definition["control"], definition["of"]) == ("same-norms", method):
                return name
        return None

    # Selection.

    def contenders(self, method: str) -> list[dict[str, Any]]:
        """What a selecting method chooses from: naive, then each method's horizons."""
        return [
            {"method": name, "horizon": horizon, "norm_layers": self.norm_layers(name)}
            for name in ["naive", *self.method(method)["select"]]
            for horizon in self.method_horizons(name)
        ]

    def selected_from(self, run: str, method: str) -> list[str]:
        """Files of those contenders, without naive's, which is Theta_0."""
        names = self.method(method)["select"]
        return [file for name in names for file in self.weights(run, name)]

    def selections(self) -> list[str]:
        """Record of every selection that Table 1 shows."""
        return [
            f"results/selected/{run}/{method}.json"
            for run in self.runs
            for method in self.selecting_methods()
        ]

    # Downstream.

    def task_settings(self, task: str, run: str, method: str) -> dict[str, Any]:
        """Settings of a fine-tuning of `method`'s weights for `run`."""
        settings = self.config["tasks"][task]
        return {
            **self._body(run),
            "evaluate_every": settings["evaluate_every"],
            "norm_layers": self.norm_layers(method),
            "task": task,
            "task_options": settings.get("options", {}),
            "training": settings["training"],
        }

    def blocks(self, task: str) -> list[int]:
        """Numbers of the blocks that a task's trials are run in."""
        settings = self.config["tasks"][task]
        return list(range(settings["trials"] // settings["trials_per_job"]))

    def block_trials(self, task: str, block: int) -> list[int]:
        """Trials of one block, which one job runs."""
        size = self.config["tasks"][task]["trials_per_job"]
        return list(range(block * size, (block + 1) * size))

    def scores(self) -> list[str]:
        """Every score file that Table 1 reads."""
        return [
            f"results/scores/{self.task}/{run}/{method}/block-{block}.json"
            for run in self.runs
            for method in self.methods
            for block in self.blocks(self.task)
        ]

    def has_learning_rate_choice(self, task: str) -> bool:
        """Whether the downstream learning rate is chosen on a validation split."""
        return bool(
            self.config["tasks"][task]["learning_rate_choice"]["mode"] == "grid"
        )

    def datasets(self) -> list[str]:
        """Data sets that Table 1 and the held-out table read, each once."""
        used = [self.run_dataset(run) for run in self.runs]
        used.append(self.config["tasks"][self.task]["dataset"])
        for method in self.predicted_methods():
            source = self.config["hypernetworks"].get(
                self.method(method).get("hypernetwork"), {}
            )
            if "metadata" in source:
                used += self.config["metadata"][source["metadata"]]["datasets"]
        used += self.config["metadata"][self.table_metadata]["datasets"]
        return list(dict.fromkeys(used))

    # Meta-data and hypernetworks.

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
        size = self.config["metadata"][metadata]["trials_a_shard"]
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
        return {**settings, "together": self.config["metadata"][metadata]["together"]}

    def trained_model_files(self) -> list[str]:
        """Hyper-models that the workflow trains itself, those of a comparison."""
        trained = set(self.trained_hypernetworks())
        names = [name for name in self.compared_hypernetworks() if name in trained]
        return [file for name in names for file in self.hyper_models(name)]

    def compared_hypernetworks(self) -> list[str]:
        """Hypernetworks of the methods of the held-out table, each once."""
        methods = map(self.method, self.config["hypernetwork_table"]["methods"])
        used = [m["hypernetwork"] for m in methods if "hypernetwork" in m]
        return list(dict.fromkeys(used))

    def compared_methods(self) -> list[dict[str, Any]]:
        """Predictor, options and hyper-models of each method of the held-out table."""
        return [
            {
                "method": method,
                "predictor": self.method(method)["predictor"],
                "options": self.method(method).get("options", {}),
                "hyper_models": self.hypernetwork_files(method),
            }
            for method in self.config["hypernetwork_table"]["methods"]
        ]

    def comparison(self) -> dict[str, Any]:
        """How methods are compared on each shard of meta-data."""
        table = self.config["hypernetwork_table"]
        shards = self.config["metadata"][self.table_metadata]["shards"]
        return {
            "horizons": self.horizons,
            "stages": table["stages"],
            "trials": ceil(table["trials_a_group"] / shards),
        }

    def held_out_files(self) -> list[str]:
        """Errors on held-out trajectories, one file a shard of meta-data."""
        metadata = self.config["hypernetwork_table"]["metadata"]
        return self._shard_files(metadata, "results/held_out/{}/shard-{}.json")
