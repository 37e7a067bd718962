"""What a config asks for: which runs, networks, methods and files there are.

Torch-free and quick, because Snakemake runs it before the first job. A wildcard is
looked up here, never parsed.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import floor
from typing import Any

from know.plan.checks import plan_problems, sheet_problems
from know.plan.meta import MetaPlan
from know.plan.shares import exact_share

Settings = Mapping[str, Any]


class Plan:
    """What one table asks for: its runs, methods and tasks, with their files."""

    def __init__(self, config: Settings, runs: Sequence[Settings], table: str) -> None:
        """Derive ids from the config; `problems` says whether they can be had.

        Args:
            config: fits its schema; the table's own settings are laid over the others
                already (`read_plans`).
            runs: rows of the run sheet, which fit theirs.
            table: id of the table.
        """
        self.config = config
        self.table = table
        self.sheet = list(runs)
        self.runs = {row["run"]: row for row in runs}
        self.exact_rate = exact_share(config["forgetting"]["rate"])
        self.rate = float(self.exact_rate)
        self.num_stages = int(config["forgetting"]["stages"])
        self.horizons = list(config["horizons"])
        self.methods = list(self.facts["methods"])
        self.tasks = list(self.facts["tasks"])
        self.meta = MetaPlan(config)

    @property
    def facts(self) -> Settings:
        """The table's section of the config."""
        section: Settings = self.config["tables"][self.table]
        return section

    @property
    def place(self) -> str:
        """Where the config says what this plan asks for."""
        return f"tables.{self.table}"

    def problems(self) -> list[str]:
        """Every id that nothing declares, or every request that cannot be met."""
        return sheet_problems(self.sheet) + plan_problems(self)

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
            **self.config["pretraining"],
            **self._body(run),
            "images": self.images(run, horizon),
            "network": self.network(run, horizon),
            "seed": int(self.runs[run]["seed"]),
        }

    @cached_property
    def networks(self) -> dict[str, dict[str, Any]]:
        """Settings of each pre-training by the id of its network."""
        return {
            self.network(run, horizon): self._pretraining(run, horizon)
            for run in self.runs
            for horizon in [0, *self.oracle_horizons()]
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
        return str(chosen or self.facts["norm_layers"])

    def hypernetwork_files(self, method: str) -> list[str]:
        """Hyper-model files that a method reads; none for most methods."""
        return self.meta.files_of(self.method(method))

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
                "stages": self.method(method).get("stages"),
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
        """Record of every selection that the table shows."""
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
        """Every score file that the table reads."""
        return [
            f"results/scores/{task}/{run}/{method}/block-{block}.json"
            for task in self.tasks
            for run in self.runs
            for method in self.methods
            for block in self.blocks(task)
        ]

    def has_learning_rate_choice(self, task: str) -> bool:
        """Whether the downstream learning rate is chosen on a validation split."""
        return bool(
            self.config["tasks"][task]["learning_rate_choice"]["mode"] == "grid"
        )

    def datasets(self) -> list[str]:
        """Data sets that the table reads, each once."""
        used = [self.run_dataset(run) for run in self.runs]
        used += [self.config["tasks"][task]["dataset"] for task in self.tasks]
        for method in self.predicted_methods():
            source = self.config["hypernetworks"].get(
                self.method(method).get("hypernetwork"), {}
            )
            if "metadata" in source:
                used += self.config["metadata"][source["metadata"]]["datasets"]
        return list(dict.fromkeys(used))
