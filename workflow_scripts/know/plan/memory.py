"""Memory that jobs ask for, by the sizes of what they read (docs/paper_scale.md)."""

from collections.abc import Iterable, Mapping
from math import ceil
from pathlib import Path
from typing import Any

from know.data.prepare import most_images
from know.data.settings import DatasetSettings, height_width

_MEGABYTE = 10**6
_BASE = 4000
"""Megabytes of PyTorch, with CUDA's libraries, and of the batches of an evaluation."""
_PREPARATION = 1000
"""Megabytes of Python, Pillow, the tables of a source, and one block of drawing."""
_COPIES_OF_PIXELS = 2
"""The mapped file, and the copy that trainings draw from."""
_COPIES_OF_WEIGHTS = 4
"""Weights, gradients, and what is written."""
_OWN_SIZE = 64, 64
"""Height and width that is reckoned with where settings leave the pictures theirs, and
up to which pictures are small."""
_ACTIVATIONS, _OF_SMALL = 4_000, 12_500
"""Bytes that a training keeps per pixel of a batch: PVTv2-b2 the most of networks for
large pictures, ResNet18 of those for small ones."""


def job_memory(files: Iterable[str], *, activations: int = 0) -> int:
    """Megabytes of a job that reads data sets and weights.

    Args:
        files: its input files, all of which exist.
        activations: bytes that a training keeps in this memory, not a GPU's.
    """
    total = activations
    for path in map(Path, files):
        is_data = path.parent.name == "data"
        copies = _COPIES_OF_PIXELS if is_data else _COPIES_OF_WEIGHTS
        total += copies * path.stat().st_size
    return _BASE + ceil(total / _MEGABYTE)


def preparation_memory(settings: Mapping[str, Any], data_root: Path) -> int:
    """Megabytes of the job that prepares a data set, whose pixels it holds once."""
    own = DatasetSettings(**settings)
    held = (4 if own.target == "masks" else 3) * most_images(own, data_root)
    return _PREPARATION + ceil(held * _pixels(own) / _MEGABYTE)


def activation_bytes(training: Mapping[str, Any], settings: Mapping[str, Any]) -> int:
    """Bytes that a training keeps of the images of a data set that it computes at once.

    Args:
        training: how it trains; trainings that are drawn have a `largest_batch`.
        settings: settings of the data set.
    """
    batch: int = training.get("largest_batch") or training["batch_size"]
    pixels = _pixels(DatasetSettings(**settings))
    is_small = pixels <= _OWN_SIZE[0] * _OWN_SIZE[1]
    per_pixel = _OF_SMALL if is_small else _ACTIVATIONS
    return ceil(batch / (training.get("accumulate") or 1)) * pixels * per_pixel


def _pixels(settings: DatasetSettings) -> int:
    height, width = height_width(settings) or _OWN_SIZE
    return height * width
