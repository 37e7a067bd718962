"""Minutes that trainings ask for, by the images that they see (docs/paper_scale.md)."""

import json
import struct
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Any

DAY = 24 * 60
"""Minutes beyond which no training asks: at its end it is queued again and goes on."""
_START = 30
"""Minutes to start, to check what is read, and to evaluate."""


def training_minutes(images: float, *, images_per_second: float) -> int:
    """Minutes in which a job starts, and trains on so many images, repeats included."""
    return _START + ceil(images / images_per_second / 60)


def images_seen(settings: Mapping[str, Any], dataset: str) -> int:
    """Count the images that a training sees in all its epochs.

    Args:
        settings: how it trains, as the plan says it; where `images` is missing or none
            it trains on the whole training split.
        dataset: prepared data set, of which only the header is read.
    """
    images: int = settings.get("images") or _training_images(Path(dataset))
    epochs: int = sum(phase["epochs"] for phase in settings["training"]["phases"])
    return epochs * images


def _training_images(dataset: Path) -> int:
    with dataset.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    images: int = header["train_labels"]["shape"][0]
    return images
