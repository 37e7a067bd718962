import pytest

from know.data.settings import (
    DatasetSettings,
    class_indices,
    height_width,
    setting_problems,
    split_names,
)
from know.errors import KnowError


def test_a_single_number_is_a_square():
    assert height_width(DatasetSettings(source="npz", size=8)) == (8, 8)


def test_a_pair_is_height_and_width():
    assert height_width(DatasetSettings(source="npz", size=[8, 6])) == (8, 6)


def test_no_size_is_the_images_own():
    assert height_width(DatasetSettings(source="npz")) is None


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
    ("changed", "said"),
    [
        ({"size": 0}, "size should be"),
        ({"size": "32"}, "size should be"),
        ({"size": [8, 8, 3]}, "size should be"),
        ({"crop": True}, "crop needs a size"),
        ({"classes": []}, "classes should be"),
        ({"classes": [1, 1]}, "classes should be"),
        ({"classes": "12"}, "classes should be"),
        ({"classes": {"first": 0}}, "classes should be"),
        ({"classes": {"first": 0, "count": 0}}, "classes should be"),
        ({"train": 0}, "train should be a number of images"),
        ({"test": True}, "test should be a number of images"),
        ({"seed": "a"}, "seed should be"),
        (
            {"target": "boxes"},
            "target should be one of ['captions', 'classes', 'masks'",
        ),
        ({"vocabulary": 100}, "vocabulary is for target captions, target is classes"),
        ({"target": "captions", "captions": 5}, "length should be"),
        ({"target": "captions", "captions": 5, "length": 2}, "length should be"),
        ({"objects": 0}, "objects should be 1 or more, it is 0"),
        ({"ignore": 256}, "ignore should be 0 to 255, it is 256"),
        ({"train_splits": "train"}, "train_splits should be a list of names"),
        ({"test_splits": []}, "test_splits should be a list of names"),
        ({"test_splits": ["val", "train"]}, "['train'] are both training and test"),
    ],
)
def test_a_setting_that_no_source_can_serve_is_named(changed, said):
    (problem,) = setting_problems(DatasetSettings(source="npz", **changed))
    assert problem.startswith(said)


def test_all_bad_settings_are_named_at_once():
    settings = DatasetSettings(source="npz", size=-1, train=0, test=0, seed=-1)
    assert len(setting_problems(settings)) == 4


def test_good_settings_have_no_problem():
    settings = DatasetSettings(source="npz", size=[8, 6], classes=[3, 1], train=5)
    assert setting_problems(settings) == []


def test_captions_need_neither_a_limit_of_words_nor_a_least_count():
    settings = DatasetSettings(source="shapes", target="captions", captions=3, length=9)
    assert setting_problems(settings) == []


def test_splits_are_train_and_test_unless_named():
    assert split_names(DatasetSettings(source="npz")) == {
        "train": ("train",),
        "test": ("test",),
    }
    named = DatasetSettings(source="npz", train_splits=["train", "val"])
    assert split_names(named)["train"] == ("train", "val")
