"""From a data set's settings to its images and labels."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from know.data.arrays import (
    IGNORE,
    ImageArray,
    ImageDataset,
    LabelArray,
    image_dataset,
)
from know.data.cut import cut, lost_classes
from know.data.raw import unheeded_settings
from know.data.reading import captions_of, listed, pixels_of
from know.data.settings import (
    DatasetSettings,
    class_indices,
    height_width,
    setting_problems,
)
from know.data.sources import SOURCES
from know.errors import KnowError, raise_all
from know.registry import UnknownPluginError

_MOST_KNOWN = 70_000
"""Images of MNIST, the most among sources that are counted without being opened."""


def check_settings(name: str, settings: DatasetSettings, data_root: Path) -> list[str]:
    """List the reasons why a data set cannot be prepared, before the first job.

    Each is a line that begins with the data set's name. `settings.path` and downloads
    are below `data_root`. No pixel is looked at.
    """
    problems = setting_problems(settings)
    try:
        problems += unheeded_settings(SOURCES.facts(settings.source), settings)
    except UnknownPluginError as error:
        problems.append(f"source: {error}")
    if not problems:
        problems = SOURCES[settings.source].check(settings, data_root)
    return [f"data set {name}: {problem}" for problem in problems]


def most_images(settings: DatasetSettings, data_root: Path) -> int:
    """Count the images that `prepare` may hold, or fewer if they cannot be found.

    Those that stay in their files are not held.
    """
    if SOURCES.facts(settings.source).get("STREAMS", False):
        return 0
    if settings.train is not None and settings.test is not None:
        return settings.train + settings.test
    source = SOURCES[settings.source]
    if source.problems is not None:
        return _MOST_KNOWN
    try:
        raw = source.open(settings, data_root)
    except KnowError:
        return 0
    return sum(len(split.labels) for split in (raw.train, raw.test) if split)


def prepare(
    name: str, settings: DatasetSettings, data_root: Path, *, threads: int = 1
) -> ImageDataset:
    """Read, or draw, the images that `settings` ask for.

    Pictures that stay in their files are decoded on `threads` threads.

    Returns:
        RGB images of one size with labels as `ImageDataset` has them, classes from 0;
        pixels of classes that are not kept do not count. If `train` or `test` gives a
        number, the images are in shuffled order, each class keeping its share, and a
        smaller number gives a prefix; otherwise they are in the source's order.

    Raises:
        KnowError: naming every problem of the settings, every class of which nothing is
            left, or every unreadable picture.
    """
    raise_all(check_settings(name, settings, data_root), "data cannot be prepared")
    facts = SOURCES.facts(settings.source)
    raw = SOURCES[settings.source].open(settings, data_root)
    # A generator has drawn exactly the images asked for, in the order to keep.
    is_drawn = facts.get("GENERATES", False)
    choice = DatasetSettings(source=settings.source) if is_drawn else settings
    kept = class_indices(choice, available=len(raw.class_names))
    parts = cut(raw, kept if settings.target == "classes" else [0], choice)
    if not is_drawn:
        lost = lost_classes(raw, parts, kept, settings)
        raise_all(lost, f"data set {name} has too few images")
    images: Sequence[ImageArray]
    labels: Sequence[LabelArray]
    if facts.get("STREAMS", False):
        size = height_width(settings)
        assert size is not None, "the source's problems include it"
        places = [part.places for part in parts]
        images = listed(places, size, crop=bool(settings.crop), threads=threads)
    else:
        images, masks = pixels_of(parts, settings)
    names = tuple(raw.class_names[index] for index in kept)
    if settings.target == "captions":
        labels, names = captions_of(parts, settings)
    elif settings.target in ("masks", "text"):
        new_class = np.full(IGNORE + 1, IGNORE, dtype=np.uint8)
        new_class[kept] = np.arange(len(kept))
        labels = [new_class[mask_NHW] for mask_NHW in masks]
    else:
        new_label_C = np.full(len(raw.class_names), -1)
        new_label_C[kept] = np.arange(len(kept))
        labels = [new_label_C[part.labels] for part in parts]
    return image_dataset(
        name,
        train=(images[0], labels[0]),
        test=(images[1], labels[1]),
        class_names=names,
        settings=asdict(settings),
        target=settings.target,
    )
