import numpy as np

from know.data.raw import count_problems, num_test_images, problem_lines
from know.data.settings import DatasetSettings
from know.errors import KnowError


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


def test_a_test_split_of_the_whole_pool_is_refused():
    assert count_problems(settings(test=10), np.array([5, 5]), None) == [
        "test asks for 10 images, there are 9"
    ]


def test_classes_without_images_are_named():
    assert count_problems(settings(), np.array([0, 5, 0]), np.array([0, 0, 0])) == [
        "classes [0, 2] have no training image",
        "classes [0, 1, 2] have no test image",
    ]


def test_an_unknown_class_is_named():
    (problem,) = count_problems(settings(classes=[7]), np.array([5]), np.array([5]))
    assert "asks for [7]" in problem


def test_a_fifth_of_a_pool_is_its_test_split_by_default():
    assert num_test_images(settings(), 10) == 2
    assert num_test_images(settings(test=3), 10) == 3


def test_an_error_of_many_problems_is_taken_apart():
    assert problem_lines(KnowError("heading:\n  - one\n  - two")) == ["one", "two"]
    assert problem_lines(KnowError("just one")) == ["just one"]
