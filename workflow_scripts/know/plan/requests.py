"""Requests of each table and of each view of Figure 3."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from typing import Any, Self

from know.predictors import PREDICTORS

Settings = Mapping[str, Any]
Row = Mapping[str, Any]
"""A row of a run sheet."""
ReadSheet = Callable[[str], Sequence[Row]]
"""Reads a run sheet by the path that the config gives."""
VersionOf = Callable[..., str]
"""Takes the digest of a workflow script, by its file name, and of modules by theirs."""

AVERAGES = ("ema", "swa")
"""Averages of the weights over the pre-training."""
IMPORTED = "stages"
"""Column of a run sheet: networks that were trained elsewhere, Theta_0 first."""
LONGER = "longer"
"""A network trained for as many steps as the whole trajectory."""
ORACLE, WITHHELD = "oracle", "withheld"
"""Where a view's true weights come from: networks trained on more data, or the first
stages of the trajectory itself, which methods do not see."""

# As `know.data.subsets.stage_sizes` reads a rate.
_LARGEST_DENOMINATOR = 1_000_000


@dataclass(frozen=True)
class Request:
    """The runs, methods and tasks that one table or view asks for."""

    config: Settings
    place: str
    """Where the config asks for it."""
    rows: Sequence[Row]
    pretraining: Settings
    rate: Fraction
    """Data of a stage over the one before."""
    stages: int
    """Stages S of a trajectory."""
    horizons: Sequence[int]
    """Stages to extrapolate."""
    methods: Sequence[str]
    tasks: Sequence[str]
    norm_layers: str
    primary: Settings | None
    """Questions that a table tests, as its config declares them."""
    seeds: Mapping[str, int]
    """Pre-training seeds of each method that has fewer than the run sheet."""

    def by_run(self) -> Iterator[tuple[Row, Self]]:
        """Yield each run with the request of this run alone, and its methods.

        A method of fewer seeds has the first runs of each data set, architecture and
        fraction.
        """
        earlier: Counter[tuple[Any, ...]] = Counter()
        for row in self.rows:
            kind = row["dataset"], row["architecture"], exact_share(row["fraction"])
            methods = [m for m in self.methods if earlier[kind] < self.seeds_of(m)]
            earlier[kind] += 1
            yield row, replace(self, rows=[row], methods=methods)

    def seeds_of(self, method: str) -> int:
        """Return the most pre-training seeds that a method covers.

        A control has those of its method, a selecting method those of its candidates.
        """
        definition = self.method(method)
        reads = [definition["of"]] if "of" in definition else []
        reads += definition.get("select", [])
        return min(self.seeds.get(m, len(self.rows)) for m in (method, *reads))

    def method(self, name: str) -> Settings:
        """Return the definition of a method."""
        definition: Settings = self.config["methods"][name]
        return definition

    def methods_with(self, key: str) -> list[str]:
        """Methods whose definition has `key`, such as `predictor`, `of` or `select`."""
        return [name for name in self.methods if key in self.method(name)]

    def datasets(self) -> list[str]:
        """List the data sets that the request reads, each once."""
        config = self.config
        used = [row["dataset"] for row in self.rows]
        used += [config["tasks"][task]["dataset"] for task in self.tasks]
        for name in self.methods_with("hypernetwork"):
            source = config["hypernetworks"][self.method(name)["hypernetwork"]]
            if "metadata" in source:
                used += config["metadata"][source["metadata"]]["datasets"]
        return list(dict.fromkeys(used))

    def num_images(self, row: Row, horizon: int = 0) -> int:
        """Count the images of a run's D_0, or of the oracle's set at a horizon."""
        full: int = self.pretraining["images"]
        return floor(full * exact_share(row["fraction"]) / self.rate**horizon)

    def network(self, row: Row, horizon: int = 0) -> str:
        """Name the network pre-trained on a run's D_0, or the oracle's at a horizon.

        The oracle of a half-size run is the full-size run's network, trained once.
        """
        if IMPORTED in row:
            return str(row["run"])
        size = self.num_images(row, horizon)
        return f"{row['dataset']}-{row['architecture']}-{size}-s{int(row['seed'])}"

    def base(self, row: Row) -> str:
        """Return the file of a run's Theta_0."""
        if IMPORTED in row:
            return imported_file(row["run"], 0)
        return network_file(self.network(row))

    def longer_network(self, row: Row) -> str:
        """Name the network that is trained on a run's D_0 for more epochs."""
        phases = self.longer_pretraining(row)["phases"]
        return f"{self.network(row)}-e{sum(phase['epochs'] for phase in phases)}"

    def longer_pretraining(self, row: Row) -> Settings:
        """Return the training with as many epochs as the trajectory has in all.

        Stages train for equally many epochs on 1, r, r^2, ... of D_0, which is worth
        (1 - r^S) / (1 - r) times the epochs of the first. Each phase is rounded. A
        Theta_0 that was trained elsewhere goes on for what the later stages are worth.
        """
        first = 1 if IMPORTED in row else 0
        cost = sum(self.rate**stage for stage in range(first, self.stages))
        training = self.pretraining["training"]
        phases = [
            {**phase, "epochs": max(1, round(phase["epochs"] * cost))}
            for phase in training["phases"]
        ]
        return {**training, "phases": phases}

    def networks(self, row: Row) -> Iterator[tuple[str, Settings]]:
        """Name every network to pre-train for a run, with its pre-training."""
        for horizon in self.network_horizons() if IMPORTED not in row else ():
            images = self.num_images(row, horizon)
            yield self.network(row, horizon), {**self.pretraining, "images": images}
        if self.trains(LONGER):
            yield (
                self.longer_network(row),
                {
                    **self.pretraining,
                    "images": self.num_images(row),
                    "training": self.longer_pretraining(row),
                },
            )

    def compute(self, method: str, row: Row, horizon: int) -> float:
        """Return the compute of the trainings behind a row, over that of naive's.

        It is the number of images that they see, repeats included. Whatever reads a
        trajectory is charged all of it.
        """
        source, images = self.method(method).get("weights"), self.num_images(row)
        base = _images_seen(images, self.pretraining["training"])
        if source == ORACLE:
            images = self.num_images(row, horizon)
            return _images_seen(images, self.pretraining["training"]) / base
        if source == LONGER:
            return _images_seen(images, self.longer_pretraining(row)) / base
        if source in ("base", *AVERAGES):
            return 1.0
        sizes = (floor(images * self.rate**stage) for stage in range(self.stages))
        training = self.pretraining["training"]
        return sum(_images_seen(size, training) for size in sizes) / base

    def network_horizons(self) -> list[int]:
        """List the horizons of networks to pre-train: 0, and those of oracles."""
        own = {
            horizon
            for method in self.methods
            if self.method(method).get("weights") == ORACLE
            for horizon in self.horizons_of(method)
        }
        return [0, *sorted(own)]

    def trains(self, weights: str) -> bool:
        """Tell whether a method's networks are trained in this way."""
        return any(self.method(name).get("weights") == weights for name in self.methods)

    def horizons_of(self, method: str) -> list[int]:
        """List the stages a method extrapolates: only 0 where it extrapolates none."""
        definition = self.method(method)
        if "of" in definition:
            return self.horizons_of(definition["of"])
        if "predictor" in definition:
            facts = PREDICTORS.facts(definition["predictor"])
            has_one_row = bool(facts.get("IGNORES_HORIZON"))
        else:
            has_one_row = definition.get("weights") != ORACLE
        own = definition.get("horizons", self.horizons)
        return [0] if has_one_row else [h for h in self.horizons if h in own]

    def factor(self, horizon: int) -> float:
        """Return the data multiplier of a horizon, rate^-horizon."""
        return float(1 / self.rate**horizon)

    def norm_layers_of(self, method: str) -> str:
        """Tell how a method's norm layers start downstream."""
        definition = self.method(method)
        if "of" in definition:
            return self.norm_layers_of(definition["of"])
        # Selected weights have been measured on D_0.
        is_ready = "weights" in definition or "select" in definition
        default = "base" if is_ready else self.norm_layers
        return str(definition.get("norm_layers", default))

    def weights_of(self, method: str, row: Row) -> list[str]:
        """List the files of a method's weights for a run, one per horizon."""
        run, definition = row["run"], self.method(method)
        if "select" in definition:
            return [f"results/selected/{run}/{method}.safetensors"]
        if "fit" in definition:
            return [f"results/fitted/{run}/{method}.safetensors"]
        if definition.get("weights") == "incremental":
            return [f"results/incremental/{run}.safetensors"]
        if definition.get("weights") == LONGER:
            return [network_file(self.longer_network(row))]
        if definition.get("weights") in AVERAGES:
            return [network_file(f"{self.network(row)}.{definition['weights']}")]
        horizons = self.horizons_of(method)
        if "weights" in definition:
            files = [network_file(self.network(row, n)) for n in horizons]
            return files if definition["weights"] == ORACLE else [self.base(row)]
        # A method without a horizon writes the same weights for all of them.
        return [prediction_file(run, method, n or 1) for n in horizons]


def table_requests(config: Settings, read_sheet: ReadSheet) -> dict[str, Request]:
    """Return the request of every table."""
    return {
        table: _request(config, f"tables.{table}", section, read_sheet)
        for table, section in config["tables"].items()
    }


def view_requests(config: Settings, read_sheet: ReadSheet) -> dict[str, Request]:
    """Return the request of every view of Figure 3."""
    section, requests = config["landscape"], {}
    for view, settings in section["views"].items():
        truths, horizon = settings["truths"], section["horizon"]
        stages = section["stages"] + (horizon if truths == WITHHELD else 0)
        oracle = [ORACLE] if truths == ORACLE else []
        wanted = {
            **section,
            "runs": settings["runs"],
            "forgetting": {**section["forgetting"], "stages": stages},
            "horizons": list(range(1, horizon + 1)),
            "methods": ["naive", *section["methods"], *oracle],
            "tasks": [],
            "norm_layers": "base",
        }
        requests[view] = _request(config, "landscape", wanted, read_sheet)
    return requests


def _request(
    config: Settings, place: str, section: Settings, read_sheet: ReadSheet
) -> Request:
    return Request(
        config=config,
        place=place,
        rows=read_sheet(section["runs"]),
        pretraining=section["pretraining"],
        rate=exact_share(section["forgetting"]["rate"]),
        stages=section["forgetting"]["stages"],
        horizons=section["horizons"],
        methods=section["methods"],
        tasks=section["tasks"],
        norm_layers=section["norm_layers"],
        primary=section.get("primary"),
        seeds=section.get("seeds", {}),
    )


def _images_seen(images: int, training: Settings) -> int:
    """Count the images that a training sees: an epoch drops its incomplete batch."""
    batch: int = min(training["batch_size"], images)
    epochs: int = sum(phase["epochs"] for phase in training["phases"])
    return epochs * (images // batch) * batch


def exact_share(value: float | str) -> Fraction:
    """Return the simple fraction that a number or a text such as `1/3` stands for.

    A number is taken as the closest fraction whose denominator is at most a million, so
    that three times 0.3333333 is a whole.
    """
    return Fraction(value).limit_denominator(_LARGEST_DENOMINATOR)


def blocks_of(items: int, size: int) -> dict[str, list[int]]:
    """Number items, and divide them among jobs of `size` items, by the job's number."""
    return {
        str(block): list(range(block * size, (block + 1) * size))
        for block in range(items // size)
    }


def predicted_horizons(config: Settings) -> list[int]:
    """List the horizons that are predicted: all, up to the last that is asked for.

    So a config that no longer asks for one before the last predicts nothing again.
    """
    return list(range(1, max(config["horizons"]) + 1))


def prediction_file(run: str, method: str, horizon: int) -> str:
    """Return the path of a method's weights so many stages ahead."""
    return f"results/predictions/{run}/{method}/n{horizon}.safetensors"


def network_file(network: str) -> str:
    """Return the path of a pre-trained network's weights."""
    return f"results/networks/{network}.safetensors"


def imported_file(run: str, stage: int) -> str:
    """Return the path of a stage that was trained elsewhere."""
    return f"results/imported/{run}/stage-{stage}.safetensors"


def dataset_file(dataset: str) -> str:
    """Return the path of a prepared data set."""
    return f"results/data/{dataset}.safetensors"
