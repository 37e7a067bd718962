import pytest

from know.data.settings import (
    DatasetSettings,
    class_indices,
    height_width,
    setting_problems,
)
from know.errors import KnowError


@pytest.mark.parametrize(
    ("size", "wanted"), [(8, (8, 8)), ([8, 6], (8, 6)), (None, None)]
)
def test_a_size_is_a_side_or_height_and_width_or_the_images_own(size, wanted):
    assert height_width(DatasetSettings(source="npz", size=size)) == wanted


def test_classes_may_be_a_range_or_a_list_or_all():
    ranged = DatasetSettings(source="npz", classes={"first": 2, "count": 3})
    listed = DatasetSettings(source="npz", classes=[4, 1])
    assert class_indices(ranged, available=9) == [2, 3, 4]
    assert class_indices(listed, available=9) == [4, 1]
    assert class_indices(DatasetSettings(source="npz"), available=3) == [0, 1, 2]


def test_every_class_that_is_not_there_is_named():
    settings = DatasetSettings(source="npz", classes={"first": 8, "count": 4})
    with pytest.raises(KnowError, match=r"asks for \[10, 11\], .* classes 0 to 9"):
        class_indices(settings, available=10)


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"size": [8, 6], "classes": [3, 1], "train": 5}, []),
        ({"target": "captions", "captions": 3, "length": 9}, []),
        ({"crop": True}, ["crop needs a size to crop pictures to"]),
        ({"vocabulary": 100}, ["vocabulary is only for target captions"]),
        (
            {"target": "captions", "captions": 5},
            ["target captions needs `captions` and `length`"],
        ),
        (
            {"test_splits": ["val", "train"]},
            ["['train'] are both training and test splits"],
        ),
    ],
)
def test_settings_that_contradict_each_other_are_named(changed, wanted):
    assert setting_problems(DatasetSettings(source="npz", **changed)) == wanted
