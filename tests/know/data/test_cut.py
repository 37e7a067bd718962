from pathlib import Path

import numpy as np
import pytest

from know.data.cut import cut, lost_classes
from know.data.prepare import check_settings
from know.data.raw import RawDataset, RawSplit
from know.data.settings import DatasetSettings

NAMES = ("ant", "bee", "cow")


def raw_dataset(train, test=None):
    """A source with so many pictures of each class."""
    splits = [
        None if counts is None else RawSplit(np.repeat(np.arange(3), counts), lambda: 0)
        for counts in (train, test)
    ]
    return RawDataset(splits[0], splits[1], NAMES)


def lost(raw, kept=(0, 1, 2), **settings):
    chosen = DatasetSettings(source="npz", **settings)
    parts = cut(raw, list(kept), chosen)
    return lost_classes(raw, parts, list(kept), chosen)


def test_a_draw_is_proportional():
    settings = DatasetSettings(source="npz", train=10, test=20)
    train, test = cut(raw_dataset([10, 30, 60]), [0, 1, 2], settings)
    # Of 10, 30 and 60 the test split takes a fifth, the training an eighth of the rest.
    assert np.bincount(test.labels).tolist() == [2, 6, 12]
    assert np.bincount(train.labels).tolist() == [1, 3, 6]


@pytest.mark.parametrize(
    ("train", "test", "settings", "wanted"),
    [
        ([20, 20, 20], [5, 5, 5], {}, []),
        ([20, 20, 20], [5, 5, 5], {"train": 3, "test": 3}, []),
        # Not the draw's doing: the source itself has no such test image.
        ([20, 20, 20], [0, 5, 5], {"test": 2}, []),
        (
            [1, 300, 300],
            [5, 5, 5],
            {"train": 60},
            ["'ant' has 1 of 601 images, and none is among the 60 training images"],
        ),
        (
            [1, 1, 1],
            None,
            {"test": 1},
            ["has 1 of 3 images, and none is among the 2 training images"]
            + ["has 1 of 3 images, and none is among the 1 test images"] * 2,
        ),
    ],
)
def test_every_class_without_an_image_is_named(train, test, settings, wanted):
    found = lost(raw_dataset(train, test), **settings)
    assert [part in line for part, line in zip(wanted, found, strict=True)] == [
        True for _ in wanted
    ]


def test_one_class_is_too_few():
    raw = RawDataset(raw_dataset([3, 0, 0]).train, None, ("ant",))
    assert lost(raw, kept=[0]) == ["wanted two classes or more, found ['ant']"]
    one = DatasetSettings(source="digits", classes=[3])
    assert check_settings("x", one, Path()) == [
        "data set x: classes should keep two classes or more"
    ]


def test_a_rare_class_is_missed_before_the_first_job(tmp_path, draw):
    for name, number in (("ant", 1), ("bee", 20), ("cow", 20)):
        draw(tmp_path / "zoo" / name, *range(number))
    settings = DatasetSettings(source="image-folder", path="zoo", test=6)
    (problem,) = check_settings("zoo", settings, tmp_path)
    assert problem.startswith("data set zoo: class 'ant' has 1 of 41 images, and none")
