"""Requests of each table and of each view of Figure 3."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any, Protocol

Settings = Mapping[str, Any]
ReadSheet = Callable[[str], Sequence[Settings]]
"""Reads a run sheet by the path that the config gives."""

ORACLE, WITHHELD = "oracle", "withheld"
"""Where a view's true weights come from: networks trained on more data, or the first
stages of the trajectory itself, which methods do not see."""

# As `know.data.subsets.stage_sizes` reads a rate.
_LARGEST_DENOMINATOR = 1_000_000


class VersionOf(Protocol):
    """Takes the digest of a workflow script and of plug-ins that it loads by name."""

    def __call__(self, script: str, *modules: str) -> str:
        """Return the digest of `workflow_scripts/{script}` and `modules`."""


@dataclass(frozen=True)
class Request:
    """The runs, methods and tasks that one table or view asks for."""

    config: Settings
    place: str
    """Where the config asks for it."""
    rows: Sequence[Settings]
    """Rows of the run sheet."""
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

    def methods_with(self, key: str) -> list[str]:
        """Methods whose definition has `key`, such as `predictor`, `of` or `select`."""
        return [m for m in self.methods if key in self.config["methods"][m]]


def table_requests(config: Settings, read_sheet: ReadSheet) -> dict[str, Request]:
    """Return the request of every table."""
    return {
        table: Request(
            config=config,
            place=f"tables.{table}",
            rows=read_sheet(section["runs"]),
            pretraining=section["pretraining"],
            rate=exact_share(section["forgetting"]["rate"]),
            stages=section["forgetting"]["stages"],
            horizons=section["horizons"],
            methods=section["methods"],
            tasks=section["tasks"],
            norm_layers=section["norm_layers"],
        )
        for table, section in config["tables"].items()
    }


def view_requests(config: Settings, read_sheet: ReadSheet) -> dict[str, Request]:
    """Return the request of every view of Figure 3."""
    section = config["landscape"]
    horizons = list(range(1, section["horizon"] + 1))
    requests = {}
    for view, settings in section["views"].items():
        withheld = len(horizons) if settings["truths"] == WITHHELD else 0
        requests[view] = Request(
            config=config,
            place="landscape",
            rows=read_sheet(settings["runs"]),
            pretraining=section["pretraining"],
            rate=exact_share(section["forgetting"]["rate"]),
            stages=section["stages"] + withheld,
            horizons=horizons,
            methods=[
                *("naive", *section["methods"]),
                *([ORACLE] if settings["truths"] == ORACLE else []),
            ],
            tasks=[],
            norm_layers="base",
        )
    return requests


def exact_share(value: float | str) -> Fraction:
    """Return the simple fraction that a number or a text such as `1/3` stands for.

    A number is taken as the closest fraction whose denominator is at most a million, so
    that three times 0.3333333 is a whole.
    """
    return Fraction(value).limit_denominator(_LARGEST_DENOMINATOR)


def block_of(block: int, size: int) -> list[int]:
    """List the numbers of the items in a block of `size`, which one job handles."""
    return list(range(block * size, (block + 1) * size))


# Networks.


def num_images(request: Request, row: Settings, horizon: int = 0) -> int:
    """Count the images of a run's D_0, or of the oracle's set at a horizon."""
    full: int = request.pretraining["images"]
    return floor(full * exact_share(row["fraction"]) / request.rate**horizon)


def network_id(request: Request, row: Settings, horizon: int = 0) -> str:
    """Name the network pre-trained on a run's D_0, or the oracle's at a horizon.

    The oracle of a half-size run is the full-size run's network, trained once.
    """
    size = num_images(request, row, horizon)
    return f"{row['dataset']}-{row['architecture']}-{size}-s{int(row['seed'])}"


def network_file(network: str) -> str:
    """Return the path of a pre-trained network's weights."""
    return f"results/networks/{network}.safetensors"


def dataset_file(dataset: str) -> str:
    """Return the path of a prepared data set."""
    return f"results/data/{dataset}.safetensors"


def dataset_names(request: Request) -> list[str]:
    """List the data sets that a request reads, each once."""
    config = request.config
    used = [row["dataset"] for row in request.rows]
    used += [config["tasks"][task]["dataset"] for task in request.tasks]
    for method in request.methods_with("hypernetwork"):
        source = config["hypernetworks"][config["methods"][method]["hypernetwork"]]
        if "metadata" in source:
            used += config["metadata"][source["metadata"]]["datasets"]
    return list(dict.fromkeys(used))


def architecture_of(request: Request, row: Settings) -> dict[str, Any]:
    """Return name and options of the network of a run."""
    named = request.config["architectures"][row["architecture"]]
    return {"architecture": named["architecture"], "options": named["options"]}


def oracle_horizons(request: Request) -> list[int]:
    """List the horizons at which the request wants an oracle's network."""
    definitions = [request.config["methods"][method] for method in request.methods]
    wants_oracle = any(found.get("weights") == ORACLE for found in definitions)
    return list(request.horizons) if wants_oracle else []


# Methods.


def method_horizons(request: Request, method: str) -> list[int]:
    """List the stages that a method extrapolates: only 0 where it predicts nothing."""
    definition = request.config["methods"][method]
    is_trained = definition.get("weights") in ("base", "incremental")
    return [0] if is_trained or "select" in definition else list(request.horizons)


def factor(request: Request, horizon: int) -> float:
    """Return the data multiplier of a horizon, rate^-horizon."""
    return float(1 / request.rate**horizon)


def norm_layers(request: Request, method: str) -> str:
    """Tell how a method's norm layers start downstream."""
    definition = request.config["methods"][method]
    if "of" in definition:
        return norm_layers(request, definition["of"])
    # Selected weights come with their norm layers as the candidate's own row has them.
    is_ready = "weights" in definition or "select" in definition
    default = "base" if is_ready else request.norm_layers
    return str(definition.get("norm_layers", default))


def weights_files(request: Request, row: Settings, method: str) -> list[str]:
    """List the files of a method's weights for a run, one per horizon."""
    run, definition = row["run"], request.config["methods"][method]
    if "select" in definition:
        return [f"results/selected/{run}/{method}.safetensors"]
    if definition.get("weights") == "incremental":
        return [f"results/incremental/{run}.safetensors"]
    horizons = method_horizons(request, method)
    if "weights" in definition:
        return [network_file(network_id(request, row, n)) for n in horizons]
    return [f"results/predictions/{run}/{method}/n{n}.safetensors" for n in horizons]
