"""One small file of every kind that the product reads, and how a job reads it.

Each function named `make_...` writes a file, or the files of another run.
"""

import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from PIL import Image

from know import configuration
from know.cards import check_cards
from know.configuration import (
    complete,
    merged,
    read_config_file,
    read_runs,
    read_schema,
)
from know.data.arrays import image_dataset, read_dataset, write_dataset
from know.data.prepare import prepare
from know.data.root import DATA_ROOT
from know.data.settings import DatasetSettings
from know.hypernetwork import files as hypernetworks
from know.hypernetwork.draws import read_draws, write_draws
from know.hypernetwork.importer import import_keras
from know.hypernetwork.models.linear_meta import LinearMeta
from know.hypernetwork.nino_importer import import_nino
from know.json_files import write_records
from know.landscape.ground import Plane
from know.landscape.store import read_landscape, write_landscape
from know.landscape_record import Location, read_locations
from know.plan.resolve import PLUGINS
from know.predictors.predict import treated_tensors
from know.predictors.stages import open_stages
from know.predictors.treatment import EVERY_TENSOR
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

PROJECT = Path(__file__).parents[2]
STAGES = 3
ALL = frozenset({"flip", "cut", "empty", "zeros", "longer", "missing", "another run's"})
"""Every damage to bytes."""


@dataclass(frozen=True)
class Artefact:
    """A kind of file."""

    make: Callable[[Path, str], Path]
    """Writes the file of a run, named `a` or `b`, and whatever it needs, to a folder;
    returns the file."""
    read: Callable[[Path], Any]
    """Reads the file of run `a` as its job does."""
    notices: frozenset[str] = ALL
    """Damages after which no reading may succeed with another content. Of the others,
    a form without a checksum can make a whole file that says something else."""
    called: str = ""
    """What messages call it, if not by its name."""
    share: float = 1.0
    """Share of the damages: readings that take long are fewer."""


def state_of(run: str, stage: int = 0) -> dict[str, torch.Tensor]:
    """Weights of a small network."""
    generator = torch.Generator().manual_seed(1000 * ord(run) + stage)
    shapes = {"conv.weight": (4, 3, 3, 3), "fc.weight": (2, 4), "fc.bias": (2,)}
    state = {n: torch.randn(s, generator=generator) for n, s in shapes.items()}
    return {**state, "steps": torch.tensor(7)}


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


# Networks that people save.


def networks(suffix: str, save: Callable[[Any, Path], None]) -> Callable[..., Path]:
    """A maker of three stages, of which the middle one is damaged."""

    def make(folder: Path, run: str) -> Path:
        for stage in range(STAGES):
            save(state_of(run, stage), folder / f"t{stage}{suffix}")
        return folder / f"t1{suffix}"

    return make


def read_networks(path: Path) -> Any:
    """Read all stages as `know predict` does."""
    root = path if path.suffix != ".json" and path.name[0] == "t" else path.parent
    paths = [root.with_name(root.name.replace("t1", f"t{s}")) for s in range(STAGES)]
    _, found = treated_tensors(paths, EVERY_TENSOR)
    with open_stages(paths) as stages:
        return [stages.read(name) for name in found]


def save_folder(state: dict[str, torch.Tensor], folder: Path) -> None:
    """Save a folder of two shards with an index, as transformers does."""
    from safetensors.torch import save_file

    folder.mkdir(exist_ok=True)
    names = list(state)
    files = {"model-1.safetensors": names[:2], "model-2.safetensors": names[2:]}
    for file, some in files.items():
        save_file({name: state[name] for name in some}, folder / file)
    index = {"weight_map": {name: f for f, some in files.items() for name in some}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def in_folder(file: str) -> Callable[[Path, str], Path]:
    """A maker of three such folders, of which one file is damaged."""

    def make(folder: Path, run: str) -> Path:
        return networks("", save_folder)(folder, run) / file

    return make


def save_foreign(state: dict[str, torch.Tensor], path: Path) -> None:
    from safetensors.torch import save_file

    save_file(state, path)


def save_old(state: dict[str, torch.Tensor], path: Path) -> None:
    torch.save(state, path, _use_new_zipfile_serialization=False)


# What the authors publish.


def make_keras(folder: Path, run: str) -> Path:
    draw = np.random.default_rng(ord(run))
    widths = [(64, 8), (8, 64), (8, 64), (8, 64), (64, 32)]
    shapes = [(5, 64), *widths, (4, 64), *widths, (64, 1)]
    with h5py.File(folder / "wnn.h5", "w") as file:
        for index, shape in enumerate(shapes):
            name = f"dense_{index}" if index else "dense"
            file[f"{name}/{name}/kernel:0"] = draw.normal(0, 1, shape)
            file[f"{name}/{name}/bias:0"] = draw.normal(0, 1, shape[1])
    return folder / "wnn.h5"


def imported(convert: Callable[[Path, Path], list[Path]]) -> Callable[[Path], Any]:
    """A reader that converts a file and reads what that made."""

    def read(path: Path) -> Any:
        output = path.parent / "out"
        shutil.rmtree(output, ignore_errors=True)
        try:
            written = convert(path, output)
        except Exception:
            assert not output.exists(), "files were written all the same"
            raise
        return [load_checkpoint(file)[0] for file in written]

    return read


def make_nino(folder: Path, run: str) -> Path:
    torch.manual_seed(ord(run))
    shapes = {"layer_embed.weight": (4, 4), "edge_proj.fc.0": (4, 5)}
    inner = {f"edge_mlp.fc.{n}": (4, 4) for n in (0, 2, 4)}
    state = {"layer_embed.weight": torch.randn(shapes.pop("layer_embed.weight"))}
    for layer, shape in {**shapes, **inner, "edge_mlp.fc.6": (3, 4)}.items():
        state[f"{layer}.weight"] = torch.randn(shape)
        state[f"{layer}.bias"] = torch.randn(shape[0])
    torch.save(state, folder / "nino.pt")
    return folder / "nino.pt"


# Pictures and tables that people make.


def prepared(path: Path, **settings: Any) -> Any:
    """Prepare the data set in the folder that a file lies in, at any depth."""
    folder = next(parent for parent in path.parents if parent.name == "set")
    found = DatasetSettings(path="set", **settings)
    os.environ[DATA_ROOT] = str(folder.parent)
    dataset = prepare("pictures", found, folder.parent)
    if settings["source"] == "image-stream":
        lists = dataset.train_images, dataset.test_images
        return [[each.picture(n) for n in range(len(each))] for each in lists]
    return dataset


def picture(run: str, number: int, form: str, **options: Any) -> bytes:
    draw = np.random.default_rng([ord(run), number])
    image = Image.fromarray(draw.integers(0, 256, (12, 10, 3), dtype=np.uint8))
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def make_tree(folder: Path, run: str, form: str) -> Path:
    for split in ("train", "test"):
        for label in "xy":
            place = folder / "set" / split / label
            place.mkdir(parents=True, exist_ok=True)
            for number in range(2):
                (place / f"{number}.{form}").write_bytes(picture(run, number, form))
    return folder / "set/train/x" / f"0.{form}"


def make_masks(folder: Path, run: str, file: str) -> Path:
    for split in ("train", "test"):
        for part in ("images", "masks"):
            (folder / "set" / split / part).mkdir(parents=True, exist_ok=True)
        for number in range(2):
            image = folder / "set" / split / f"images/{number}.png"
            image.write_bytes(picture(run, number, "png"))
            draw = np.random.default_rng([ord(run), number])
            values = draw.integers(0, 2, (12, 10), dtype=np.uint8)
            mask = folder / "set" / split / f"masks/{number}.png"
            Image.fromarray(values).save(mask)
    (folder / "set/classes.txt").write_text("ground\nfigure\n")
    return folder / "set" / file


def make_npz(folder: Path, run: str, *, packed: bool = False) -> Path:
    (folder / "set").mkdir(exist_ok=True)
    draw = np.random.default_rng(ord(run))
    save = np.savez_compressed if packed else np.savez
    for split in ("train", "test"):
        images = draw.integers(0, 256, (6, 5, 5, 3), dtype=np.uint8)
        names = np.array(["x", "y", "z"])
        labels = np.arange(6) % 3
        save(
            folder / f"set/{split}.npz", images=images, labels=labels, class_names=names
        )
    return folder / "set/train.npz"


def make_tar(folder: Path, run: str) -> Path:
    for split in ("train", "test"):
        (folder / "set" / split).mkdir(parents=True, exist_ok=True)
        with tarfile.open(folder / "set" / split / "0.tar", "w") as archive:
            for number in range(6):
                for name, content in {
                    f"{number}.jpg": picture(run, number, "jpeg"),
                    f"{number}.cls": str(number % 3).encode(),
                }.items():
                    member = tarfile.TarInfo(name)
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
    return folder / "set/train/0.tar"


def make_table(folder: Path, run: str, *, column: str, name: str) -> Path:
    images = folder / "set" / ("images" if column == "caption" else "")
    images.mkdir(parents=True, exist_ok=True)
    rows = [["file", column, "split"]]
    for number in range(8):
        file = images / f"{number}.png"
        file.write_bytes(picture(run, number, "png"))
        split = "train" if number < 6 else "test"
        rows.append([file.name, ["ant hill", "bee hive"][number % 2], split])
    path = folder / "set" / name
    path.write_text("".join(",".join(row) + "\n" for row in rows))
    return path


def make_sheet(folder: Path, run: str) -> Path:
    path = folder / "runs.tsv"
    text = (PROJECT / "config/runs.tsv").read_text()
    path.write_text(text.replace("shapes100", f"shapes100{run}"))
    return path


SHEET = read_schema(PROJECT / "config", "runs")
SCHEMA = read_schema(PROJECT / "config", "config")
DEFAULT = configuration.read_config(PROJECT / "config")


def make_config(folder: Path, run: str) -> Path:
    shutil.copy(PROJECT / "config/smoke.yaml", folder / "smoke.yaml")
    return folder / "smoke.yaml"


def read_config(path: Path) -> Any:
    """Lay a config file over the default, and complete it."""
    return complete(merged(DEFAULT, read_config_file(path)), SCHEMA, PLUGINS)


TEXT = frozenset({"empty"})
"""A text has no checksum; a cut of it can be another text."""
UNCHECKED = ALL - {"flip", "zeros", "another run's"}
"""Damages that a binary form without a checksum shows."""
CHECKED = ALL - {"another run's"}
"""Damages that a form with a checksum of its own shows."""

ARTEFACTS: dict[str, Artefact] = {
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
    "own .safetensors": Artefact(
        networks(".safetensors", save_foreign), read_networks, UNCHECKED
    ),
    "own .pt": Artefact(networks(".pt", torch.save), read_networks, CHECKED),
    "own .bin, old form": Artefact(
        networks(".bin", save_old), read_networks, UNCHECKED
    ),
    "own shards": Artefact(
        in_folder("model-1.safetensors"), read_networks, UNCHECKED, called="t1"
    ),
    "own index": Artefact(
        in_folder("model.safetensors.index.json"), read_networks, UNCHECKED
    ),
    "authors' .h5": Artefact(
        make_keras,
        imported(lambda p, out: import_keras("wnn", {"conv": p}, out)),
        UNCHECKED - {"longer"},
    ),
    "authors' .pt": Artefact(make_nino, imported(import_nino), CHECKED),
    **{
        f"picture .{form}": Artefact(
            partial(make_tree, form=form),
            partial(prepared, source="image-folder", size=8),
            (CHECKED if form == "png" else UNCHECKED) - {"longer", "missing"},
        )
        for form in ("png", "jpeg", "bmp", "tiff", "webp")
    },
    "mask": Artefact(
        partial(make_masks, file="train/masks/0.png"),
        partial(prepared, source="mask-folder", size=8, target="masks"),
        CHECKED - {"longer"},
    ),
    "names of classes": Artefact(
        partial(make_masks, file="classes.txt"),
        partial(prepared, source="mask-folder", size=8, target="masks"),
        TEXT,
    ),
    "arrays .npz": Artefact(make_npz, partial(prepared, source="npz"), CHECKED),
    "packed .npz": Artefact(
        partial(make_npz, packed=True), partial(prepared, source="npz"), CHECKED
    ),
    "shard .tar": Artefact(
        make_tar, partial(prepared, source="image-stream", size=8), UNCHECKED
    ),
    "table of labels": Artefact(
        partial(make_table, column="label", name="labels.csv"),
        partial(prepared, source="labels-csv", size=8),
        TEXT,
        # A class that a damaged label makes is told with the data set's name.
        called="data set pictures",
    ),
    "table of captions": Artefact(
        partial(make_table, column="caption", name="captions.csv"),
        partial(
            prepared,
            source="captions-csv",
            size=8,
            target="captions",
            captions=1,
            length=6,
        ),
        TEXT,
    ),
    "run sheet": Artefact(make_sheet, lambda path: read_runs(path, SHEET), TEXT),
    "config": Artefact(
        make_config, read_config, frozenset(), called="config", share=0.4
    ),
}
