"""One small file of every kind that the workflow writes, and how a job reads it.

Each function named `make_...` writes a file of one of two runs.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from artefacts import STAGES, TEXT, Artefact, state_of

from know.cards import check_cards
from know.data.arrays import image_dataset, read_dataset, write_dataset
from know.hypernetwork import files as hypernetworks
from know.hypernetwork.draws import read_draws, write_draws
from know.hypernetwork.models.linear_meta import LinearMeta
from know.json_files import write_records
from know.landscape.ground import Plane
from know.landscape.store import read_landscape, write_landscape
from know.landscape_record import Location, read_locations
from know.records import (
    ChosenRate,
    PredictionError,
    Score,
    WeightComparison,
    read_learning_rates,
    read_prediction_errors,
    read_scores,
)
from know.reporting.samples import read_samples
from know.reporting.times import read_seconds
from know.selection_record import CandidateScore, Selection, read_selections
from know.store.attributes import StageRecord, TrajectoryAttributes
from know.store.read import open_trajectory
from know.store.shards import RecordedRun, open_shard, write_shard
from know.store.write import write_trajectory
from know.training.progress import Progress
from know.weights.checkpoint import load_checkpoint, save_checkpoint
from know.weights.kinds import tensor_kinds

# Weights and data of the workflow.


def sealed(name: str, card: dict[str, Any], read: Callable[[Path], Any]) -> Artefact:
    """A checksummed checkpoint whose card a job compares."""

    def make(folder: Path, run: str) -> Path:
        path = folder / f"{name}.safetensors"
        save_checkpoint(path, state_of(run), {**card, "run": run})
        return path

    return Artefact(make, carded({**card, "run": "a"}, read))


def carded(card: dict[str, Any], read: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """A reader that first compares a file's card, as every job does."""

    def checked(path: Path) -> Any:
        check_cards({str(path): card})
        return read(path)

    return checked


def make_dataset(folder: Path, run: str) -> Path:
    draw = np.random.default_rng(ord(run))
    images = draw.integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
    half = images[:3], np.arange(3)
    dataset = image_dataset(
        run, train=half, test=half, class_names=("x", "y", "z"), settings={}
    )
    write_dataset(folder / "data.safetensors", dataset)
    return folder / "data.safetensors"


def make_trajectory(folder: Path, run: str) -> Path:
    states = [state_of(run, stage) for stage in range(STAGES)]
    path = folder / "run.zarr.zip"
    write_trajectory(path, states, tensor_kinds(states[0]), attributes_of(run))
    return path


def attributes_of(run: str) -> TrajectoryAttributes:
    record = StageRecord(
        samples=8,
        epochs=1,
        learning_rate=0.1,
        accuracy=9.0,
        test_accuracy=None,
        checkpoint="",
    )
    return TrajectoryAttributes(
        run=run,
        stages=[record] * STAGES,
        seed=0,
        code_version="",
        versions={},
        settings={"unused": None},
    )


def read_trajectory(path: Path) -> Any:
    with open_trajectory(path) as trajectory:
        stages = [trajectory.read_stage(stage) for stage in range(STAGES)]
        return stages, trajectory.attributes


def make_shard(folder: Path, run: str) -> Path:
    states = [state_of(run, stage) for stage in range(STAGES)]
    runs = [
        RecordedRun(
            states=states,
            kinds=tensor_kinds(states[0]),
            attributes=attributes_of(f"{run}-{number}"),
        )
        for number in range(2)
    ]
    write_shard(folder / "shard.zarr.zip", runs)
    return folder / "shard.zarr.zip"


def read_shard(path: Path) -> Any:
    with open_shard(path) as trials:
        return [
            (trial.attributes, [trial.read_stage(s) for s in range(STAGES)])
            for trial in trials
        ]


def make_draws(folder: Path, run: str) -> Path:
    shard = make_shard(folder, run)
    path = folder / "draws.safetensors"
    write_draws(path, shard, weights_per_tensor=4, stages=STAGES)
    return path


def make_hypernetwork(folder: Path, run: str) -> Path:
    path = folder / "linear-meta_conv.safetensors"
    model = LinearMeta(stages=STAGES)
    hypernetworks.save(path, model, {"kind": "conv", "hypernetwork": run})
    return path


def make_map(folder: Path, run: str) -> Path:
    tensors = {
        "mean": torch.zeros(5).double(),
        "axes": torch.eye(2, 5).double(),
        "landmark_coordinates": torch.ones(1, 2).double(),
        "landmark_accuracy": torch.ones(1).double(),
    }
    facts = {"run": run, "explained": [0.6, 0.3]}
    landmarks = [{"method": None, "stage": 0}]
    save_checkpoint(
        folder / "map.safetensors", tensors, {**facts, "landmarks": landmarks}
    )
    return folder / "map.safetensors"


def make_landscape(folder: Path, run: str) -> Path:
    drawn = make_map(folder, run)
    names = ("accuracy", "position", "level")
    points = {name: torch.ones(4).double() for name in names}
    points["coordinates"] = torch.ones(4, 2).double()
    card = {"run": run, "block": "0", "map": load_checkpoint(drawn)[1]["sha256"]}
    save_checkpoint(folder / "points.safetensors", points, card)
    path = folder / "landscape.zarr.zip"
    write_landscape(path, drawn, [folder / "points.safetensors"], {})
    return path


def make_samples(folder: Path, run: str) -> Path:
    path = folder / "block-0.safetensors"
    masks = torch.full((4, 8, 8), ord(run), dtype=torch.uint8)
    save_checkpoint(path, {"n0/trial0/masks": masks}, {"run": run, "block": "0"})
    return path


def samples_of(path: Path) -> Any:
    source = {"label": "naive", "horizon": 0, "path": path}
    return read_samples([source], sample="masks", count=4)


def make_progress(folder: Path, run: str) -> Path:
    path = folder / "stage-1.safetensors"
    Progress(path, {"run": run}).save(state_of(run), {"epochs": 2})
    return path


def read_progress(path: Path) -> Any:
    """What a killed training goes on from; None where it starts afresh, and says so."""
    return Progress(path, {"run": "a"}).load()


# Records.


def recorded(record_of: Callable[[str], Any], read: Callable[..., Any]) -> Artefact:
    """A JSON file of records; those of another run are found by who reads a table's."""

    def make(folder: Path, run: str) -> Path:
        path = folder / "records.json"
        write_records(path, [record_of("a"), record_of("a")])
        return path

    return Artefact(make, lambda path: read([path]))


def score_of(run: str) -> Score:
    comparison = WeightComparison(norm_ratio=0.9, cosine=0.9, step_ratio=0.1)
    return Score(
        run=run,
        method="known",
        horizon=1,
        factor=2.0,
        task="digits",
        trial=0,
        metric="accuracy",
        value=10.0,
        curve=[5.0, 10.0],
        seconds=1.5,
        seed=3,
        learning_rate=0.1,
        comparison=comparison,
        digests={},
        versions={},
    )


def selection_of(run: str) -> Selection:
    candidate = CandidateScore(
        method="naive",
        horizon=0,
        accuracies=[50.0, 51.0],
        difference=0.0,
        standard_error=None,
        p_value=None,
        detectable=None,
        weights="",
    )
    return Selection(
        run=run,
        method="auto",
        default="naive",
        pick="naive",
        candidates=[candidate],
        settings={},
        digests={},
        versions={},
    )


def rate_of(run: str) -> ChosenRate:
    return ChosenRate(
        run=run, task="digits", method="tsv", horizon=1, learning_rate=0.002
    )


def location_of(run: str) -> Location:
    return Location(
        run=run,
        seed=1,
        method="tsv",
        horizon=1,
        kind="conv",
        distance=0.9,
        step=0.2,
        cosine=0.1,
        shown=None,
        accuracy=None,
    )


def error_of(run: str) -> PredictionError:
    return PredictionError(
        method="tsv",
        group="trials",
        kind="conv",
        horizon=1,
        trial=0,
        window=3,
        family="simplenet",
        dataset=run,
        error=0.9,
        weights=12,
    )


def make_benchmark(folder: Path, run: str) -> Path:
    path = folder / "job.tsv"
    rows = [["s", "h:m:s", "max_rss"], ["62.5012", "0:01:02", "301.5"]]
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    return path


WRITTEN: dict[str, Artefact] = {
    "data set": Artefact(make_dataset, carded({"name": "a"}, read_dataset)),
    "network": sealed(
        "network", {"stage": 0, "network": "n", "average": None}, load_checkpoint
    ),
    "optimizer state": sealed(
        "optimizer", {"content": "optimizer state", "stage": 1}, load_checkpoint
    ),
    "prediction": sealed("n1", {"method": "tsv", "horizon": 1}, load_checkpoint),
    "trajectory": Artefact(
        make_trajectory, carded({"run": "a", "kind": None}, read_trajectory)
    ),
    "shard of meta-data": Artefact(
        make_shard, carded({"metadata": "a", "numbers": [0, 1]}, read_shard)
    ),
    "draws of meta-data": Artefact(
        make_draws, carded({"metadata": "a"}, partial(read_draws, kind="conv"))
    ),
    "hypernetwork": Artefact(
        make_hypernetwork, carded({"hypernetwork": "a"}, hypernetworks.load)
    ),
    "map of a landscape": Artefact(make_map, carded({"run": "a"}, Plane.read)),
    "landscape": Artefact(
        make_landscape, carded({"run": "a", "kind": "landscape"}, read_landscape)
    ),
    "samples": Artefact(make_samples, carded({"run": "a"}, samples_of)),
    "progress": Artefact(make_progress, read_progress),
    "scores": recorded(score_of, read_scores),
    "selection": recorded(selection_of, read_selections),
    "learning rate": recorded(rate_of, read_learning_rates),
    "locations": recorded(location_of, read_locations),
    "held-out errors": recorded(error_of, read_prediction_errors),
    "benchmark": Artefact(make_benchmark, lambda path: read_seconds([str(path)]), TEXT),
}
