"""One small file of every kind that people bring, and how a job reads it.

Each function named `make_...` writes one of two files of a kind.
"""

import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from artefacts import CHECKED, PROJECT, STAGES, TEXT, UNCHECKED, Artefact, state_of
from PIL import Image

from know.configuration import (
    complete,
    merged,
    read_config,
    read_config_file,
    read_runs,
    read_schema,
)
from know.data.prepare import prepare
from know.data.root import DATA_ROOT
from know.data.settings import DatasetSettings
from know.hypernetwork.importer import import_keras
from know.hypernetwork.nino_importer import import_nino
from know.plan.resolve import PLUGINS
from know.predictors.predict import treated_tensors
from know.predictors.stages import open_stages
from know.predictors.treatment import EVERY_TENSOR
from know.weights.checkpoint import load_checkpoint

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
DEFAULT = read_config(PROJECT / "config")


def make_config(folder: Path, run: str) -> Path:
    shutil.copy(PROJECT / "config/smoke.yaml", folder / "smoke.yaml")
    return folder / "smoke.yaml"


def completed_config(path: Path) -> Any:
    """Lay a config file over the default, and complete it."""
    return complete(merged(DEFAULT, read_config_file(path)), SCHEMA, PLUGINS)


BROUGHT: dict[str, Artefact] = {
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
        make_config, completed_config, frozenset(), called="config", share=0.4
    ),
}
