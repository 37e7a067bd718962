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
_ACTIVATIONS = 4_000
"""Bytes that a training keeps per pixel of a batch: PVTv2-b2, the most of large images;
those of 32 pixels with up to 13,000 fit beside PyTorch."""
_OWN_SIZE = 64, 64
"""Height and width that is reckoned with where settings leave the pictures theirs."""


def job_memory(files: Iterable[str], *, trained_pixels: int = 0) -> int:
    """Megabytes of a job that reads data sets and weights.

    Args:
        files: its input files, all of which exist.
        trained_pixels: pixels of a batch that it trains on in this memory, not a GPU's.
    """
    total = _ACTIVATIONS * trained_pixels
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


def batch_pixels(training: Mapping[str, Any], settings: Mapping[str, Any]) -> int:
    """Pixels of the images that a training on a data set computes at once."""
    batch: int = ceil(training["batch_size"] / (training.get("accumulate") or 1))
    return batch * _pixels(DatasetSettings(**settings))


def _pixels(settings: DatasetSettings) -> int:
    height, width = height_width(settings) or _OWN_SIZE
    return height * width
