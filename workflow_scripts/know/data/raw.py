"""The interface between a data source and the preparation of a data set."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from know.data.arrays import ByteArray, IntArray
from know.data.cut import cut, lost_classes, num_test_images
from know.data.decoding import Size
from know.data.picture_list import Places
from know.data.settings import SOURCE_SETTINGS, DatasetSettings, class_indices
from know.errors import KnowError, some_of

MOST_CLASSES = 100_000
"""More classes are taken for a mistake: memory and a network's head grow with them."""

Read = Callable[[IntArray, Size], ByteArray]
"""(indices, size) -> RGB images, shape (N, H, W, 3), or masks, shape (N, H, W), whose
values index the class names or are `IGNORE`."""


@dataclass(frozen=True)
class RawSplit:
    """Images that have not been read yet."""

    labels: IntArray
    """Class of each image, shape (N,); all 0 if images have no class of their own."""
    images: Places | ByteArray | Read
    """Pictures in files, grey or RGB images, or a function that makes images."""
    masks: Read | None = None
    """Given if the target is masks or text."""
    captions: Sequence[Sequence[str]] | None = None
    """Captions of each image, given if the target is captions."""


@dataclass(frozen=True)
class RawDataset:
    """An opened source."""

    train: RawSplit
    """The training images, or all images if the source has no test split."""
    test: RawSplit | None
    class_names: tuple[str, ...]
    """Empty for captions that are read from a table."""


@dataclass(frozen=True)
class Source:
    """A place that images come from."""

    open: Callable[[DatasetSettings, Path], RawDataset]
    """Find the images of settings below a data root, if these have no problem; raises
    KnowError."""
    problems: Callable[[DatasetSettings, Path], list[str]] | None = None
    """Reasons why these settings cannot be served: fast, torch-free, never raises. By
    default the source is opened and its images are counted."""
    fetch: Callable[[DatasetSettings, Path], list[str]] | None = None
    """Put the data set of a `name` below a data root, unless it is there, and list its
    files there; raises KnowError."""

    def check(self, settings: DatasetSettings, data_root: Path) -> list[str]:
        """List the reasons why these settings cannot be served; no pixel is read."""
        if self.problems is not None:
            return self.problems(settings, data_root)
        try:
            raw = self.open(settings, data_root)
        except KnowError as error:
            return problem_lines(error)
        return lacks(settings, raw)


def source_folder(settings: DatasetSettings, data_root: Path) -> Path:
    """Return the folder that `settings.path` names.

    Raises:
        KnowError: if there is no such folder.
    """
    if settings.path is None:
        raise KnowError(f"source {settings.source} needs a `path`, its folder")
    folder = data_root / settings.path
    if not folder.is_dir():
        raise KnowError(f"wanted a folder at {folder}, found none")
    return folder


def unheeded_settings(facts: Mapping[str, Any], settings: DatasetSettings) -> list[str]:
    """List the settings that a source with these `facts` would ignore."""
    problems = [
        f"{key} means nothing to source {settings.source}"
        for key in SOURCE_SETTINGS
        if getattr(settings, key) is not None and key not in facts.get("HEEDS", ())
    ]
    targets = facts.get("TARGETS", ("classes",))
    if settings.target not in targets:
        problems.append(
            f"source {settings.source} gives {' or '.join(targets)}, "
            f"target asks for {settings.target}"
        )
    return problems


def problem_lines(error: KnowError) -> list[str]:
    """Return the single problems of an error of `raise_all`, or its whole message."""
    lines = str(error).split("\n  - ")
    return lines[1:] or lines


def lacks(settings: DatasetSettings, raw: RawDataset) -> list[str]:
    """List what a source, or a cut of it, has too few of, and unusable names."""
    num_classes = len(raw.class_names)
    if settings.target != "classes":
        # Images have no class of their own: `labels` counts them all as the first.
        try:
            class_indices(settings, available=num_classes)
        except KnowError as error:
            return [str(error)]
        settings = replace(settings, classes=[0])
    train_C = np.bincount(raw.train.labels, minlength=num_classes)
    test_C = None
    if raw.test is not None:
        test_C = np.bincount(raw.test.labels, minlength=num_classes)
    problems = _name_problems(raw)
    problems += count_problems(settings, train_C, test_C, names=raw.class_names)
    if problems or settings.target != "classes":
        return problems
    kept = class_indices(settings, available=num_classes)
    return lost_classes(raw, cut(raw, kept, settings), kept, settings)


def count_problems(
    settings: DatasetSettings,
    train_C: IntArray,
    test_C: IntArray | None,
    *,
    names: Sequence[str] = (),
) -> list[str]:
    """List what a source with so many images of each class has too few of.

    Args:
        settings: settings of the data set.
        train_C: training images of each class.
        test_C: test images of each class; None if the source has no test split.
        names: names of the classes, if they have any.
    """
    try:
        chosen = class_indices(settings, available=len(train_C))
    except KnowError as error:
        return [str(error)]
    empty = [index for index in chosen if train_C[index] == 0]
    named = f" ({some_of([names[index] for index in empty])})" if names else ""
    problems = [f"classes {empty}{named} have no training image"] if empty else []
    num_train = int(train_C[chosen].sum())
    if test_C is None:
        num_test = num_test_images(settings, num_train)
        problems += _too_many("test", num_test, num_train - 1)
        return problems + _too_many("train", settings.train, num_train - num_test)
    num_test = int(test_C[chosen].sum())
    if num_test == 0:
        problems.append(f"classes {chosen} have no test image")
    problems += _too_many("train", settings.train, num_train)
    return problems + _too_many("test", settings.test, num_test)


def _name_problems(raw: RawDataset) -> list[str]:
    splits = [raw.train, *([raw.test] if raw.test else [])]
    return [
        f"the name {file!r} is not UTF-8, rename the file or its folder"
        for split in splits
        if isinstance(split.images, Places)
        for file in split.images.files
        if any("\ud800" <= letter <= "\udfff" for letter in file)
    ]


def class_number(text: str) -> int | None:
    """Return the class number that a text holds, if it is one of `MOST_CLASSES`."""
    if not text.isdecimal() or len(text) > len(str(MOST_CLASSES)):
        return None
    return int(text) if int(text) < MOST_CLASSES else None


def _too_many(key: str, asked: int | None, available: int) -> list[str]:
    if asked is None or asked <= available:
        return []
    return [f"{key} asks for {asked} images, there are {max(available, 0)}"]
