import numpy as np

from know.data.raw import count_problems
from know.data.settings import DatasetSettings


def settings(**changed):
    return DatasetSettings(source="npz", **changed)


def test_asking_for_more_than_there_is_names_both_splits():
    asked = settings(train=21, test=11)
    assert count_problems(asked, np.array([10, 10]), np.array([5, 5])) == [
        "train asks for 21 images, there are 20",
        "test asks for 11 images, there are 10",
    ]


def test_only_the_classes_asked_for_count():
    asked = settings(train=11, classes=[1])
    assert count_problems(asked, np.array([10, 10]), np.array([5, 5])) == [
        "train asks for 11 images, there are 10"
    ]


def test_a_pool_must_hold_train_and_test_together():
    assert count_problems(settings(train=80, test=20), np.array([50, 50]), None) == []
    assert count_problems(settings(train=81, test=20), np.array([50, 50]), None) == [
        "train asks for 81 images, there are 80"
    ]


def test_classes_without_images_are_named():
    assert count_problems(settings(), np.array([0, 5, 0]), np.array([0, 0, 0])) == [
        "classes [0, 2] have no training image",
        "classes [0, 1, 2] have no test image",
    ]
