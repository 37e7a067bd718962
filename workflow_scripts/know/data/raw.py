"""What a source of images gives: classes at once, pixels and captions when asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from know.data.arrays import ByteArray, IntArray
from know.data.places import Places
from know.data.settings import SOURCE_SETTINGS, DatasetSettings, class_indices
from know.errors import KnowError

TEST_FRACTION = 0.2
"""Share of the images that becomes the test split of a source that has none."""

_MOST_NAMED = 20

Read = Callable[[IntArray, tuple[int, int] | None], ByteArray]
"""(indices, (height, width) or none for native) -> RGB images, shape (N, H, W, 3), or
masks, shape (N, H, W): an index of the class names, or `IGNORE`."""


@dataclass(frozen=True)
class RawSplit:
    """Images that have not been read yet."""

    labels: IntArray
    """Class of each image, shape (N,); all 0 where images have no class of their own.
    """
    read: Read | None = None
    """Where images are to be held."""
    read_masks: Read | None = None
    """Where the target is masks."""
    read_captions: Callable[[IntArray], list[list[str]]] | None = None
    """Where the target is captions: indices -> the captions of each image."""
    places: Places | None = None
    """Where pictures stay in their files."""


@dataclass(frozen=True)
class RawDataset:
    """A source, opened."""

    train: RawSplit
    """The training images; all images where the source has no test split."""
    test: RawSplit | None
    class_names: tuple[str, ...]
    """None for captions that are read from a table."""


@dataclass(frozen=True)
class Source:
    """Where images come from."""

    open: Callable[[DatasetSettings, Path], RawDataset]
    """Find the images; raises KnowError."""
    problems: Callable[[DatasetSettings, Path], list[str]] | None = None
    """What keeps these settings from being served: fast, torch-free, never raises. By
    default the source is opened and its images are counted."""

    def check(self, settings: DatasetSettings, data_root: Path) -> list[str]:
        """List what keeps these settings from being served; no pixel is read."""
        if self.problems is not None:
            return self.problems(settings, data_root)
        try:
            raw = self.open(settings, data_root)
            class_indices(settings, available=len(raw.class_names))
        except KnowError as error:
            return problem_lines(error)
        if settings.target != "classes":
            # Images have no class of their own, `labels` counts them all as the first.
            settings = replace(settings, classes=[0])
        num_classes = len(raw.class_names)
        test = None if raw.test is None else raw.test.labels
        return count_problems(
            settings,
            class_counts(raw.train.labels, num_classes),
            None if test is None else class_counts(test, num_classes),
        )


def unheeded_settings(facts: Mapping[str, Any], settings: DatasetSettings) -> list[str]:
    """List the settings that a source would ignore.

    Args:
        facts: what the source's module states, see `know.data.sources`.
        settings: of the data set.
    """
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


def class_counts(labels_N: IntArray, num_classes: int) -> IntArray:
    """Number of images of each class, shape (classes,)."""
    return np.bincount(labels_N, minlength=num_classes).astype(np.int64)


def problem_lines(error: KnowError) -> list[str]:
    """The single problems of an error that `raise_all` raised, else its message."""
    lines = str(error).split("\n  - ")
    return lines[1:] or lines


def count_problems(
    settings: DatasetSettings, train_C: IntArray, test_C: IntArray | None
) -> list[str]:
    """What the source has too few of.

    Args:
        settings: of the data set.
        train_C: training images of each class, shape (classes,).
        test_C: test images of each class, or none where the source has no test split.

    Returns:
        One line a problem.
    """
    try:
        chosen = class_indices(settings, available=len(train_C))
    except KnowError as error:
        return [str(error)]
    empty = [index for index in chosen if train_C[index] == 0]
    problems = [f"classes {empty} have no training image"] if empty else []
    total = int(train_C[chosen].sum())
    if test_C is None:
        num_test = num_test_images(settings, total)
        return (
            problems
            + _too_many("test", num_test, total - 1)
            + (_too_many("train", settings.train, total - num_test))
        )
    num_test = int(test_C[chosen].sum())
    if num_test == 0:
        problems.append(f"classes {chosen} have no test image")
    return (
        problems
        + _too_many("train", settings.train, total)
        + _too_many("test", settings.test, num_test)
    )


def shortened(problems: list[str]) -> list[str]:
    """As many problems as a message bears, and how many more there are."""
    more = len(problems) - _MOST_NAMED
    if more <= 0:
        return problems
    return [*problems[:_MOST_NAMED], f"and {more} more like these"]


def num_test_images(settings: DatasetSettings, total: int) -> int:
    """Test images to split off where the source has no test split."""
    return settings.test or max(1, round(TEST_FRACTION * total))


def _too_many(key: str, asked: int | None, available: int) -> list[str]:
    if asked is None or asked <= available:
        return []
    return [f"{key} asks for {asked} images, there are {max(available, 0)}"]
