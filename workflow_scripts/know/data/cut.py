"""The images of a source that a data set keeps, in its training and its test split."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from know.data.arrays import IntArray
from know.data.picture_list import Places
from know.data.settings import DatasetSettings
from know.data.subsets import nested_order
from know.randomness import seed_for

if TYPE_CHECKING:
    from know.data.raw import RawDataset, RawSplit

TEST_FRACTION = 0.2
"""Share of the images that becomes the test split if the source has none."""


@dataclass(frozen=True)
class Chosen:
    """The images of a split that a data set keeps."""

    split: "RawSplit"
    indices: IntArray

    @property
    def labels(self) -> IntArray:
        """Class of each image, shape (N,)."""
        return self.split.labels[self.indices]

    @property
    def places(self) -> Places:
        """Places of pictures that stay in their files."""
        assert isinstance(self.split.images, Places), "`STREAMS` of the source says so"
        return self.split.images[self.indices]


def cut(raw: "RawDataset", kept: list[int], settings: DatasetSettings) -> list[Chosen]:
    """Choose the training and the test images of some classes.

    A draw is proportional: each class keeps its share, give or take one image.
    """
    (train_N,) = np.nonzero(np.isin(raw.train.labels, kept))
    if raw.test is not None:
        (test_N,) = np.nonzero(np.isin(raw.test.labels, kept))
        test = raw.test
    else:
        order = _order(raw.train.labels[train_N], settings.seed, "split")
        num_test = num_test_images(settings, len(order))
        test, test_N = raw.train, np.sort(train_N[order[:num_test]])
        train_N = np.sort(train_N[order[num_test:]])
    if settings.train is not None:
        order = _order(raw.train.labels[train_N], settings.seed, "train")
        train_N = train_N[order[: settings.train]]
    if settings.test is not None:
        order = _order(test.labels[test_N], settings.seed, "test")
        test_N = test_N[order[: settings.test]]
    return [Chosen(raw.train, train_N), Chosen(test, test_N)]


def num_test_images(settings: DatasetSettings, total: int) -> int:
    """Return the size of the test split to draw from `total` images."""
    return settings.test or max(1, round(TEST_FRACTION * total))


def lost_classes(
    raw: "RawDataset", parts: list[Chosen], kept: list[int], settings: DatasetSettings
) -> list[str]:
    """List the classes of which a cut has left no training, or no test image."""
    if settings.target != "classes":
        return []
    problems = []
    if len(kept) < 2:
        problems.append(f"wanted two classes or more, found {list(raw.class_names)}")
    for split, part in zip(("training", "test"), parts, strict=True):
        there_C, left_C = (
            np.bincount(labels, minlength=len(raw.class_names))
            for labels in (part.split.labels, part.labels)
        )
        problems += [
            f"class {raw.class_names[index]!r} has {there_C[index]} of "
            f"{there_C.sum()} images, and none is among the {len(part.labels)} "
            f"{split} images; ask for more, or leave it out of `classes`"
            for index in kept
            if there_C[index] and not left_C[index]
        ]
    return problems


def _order(labels_N: IntArray, seed: int, purpose: str) -> IntArray:
    return nested_order(
        labels_N, seed=seed_for("images", purpose, seed), stratified=True
    )
