import numpy as np
import pytest

from know.data.raw import count_problems
from know.data.settings import DatasetSettings

TRAIN, TEST = np.array([0, 10, 10]), np.array([0, 5, 5])


@pytest.mark.parametrize(
    ("asked", "test", "problems"),
    [
        ({"train": 20, "test": 10}, TEST, []),
        ({"train": 21}, TEST, ["train asks for 21 images, there are 20"]),
        ({"test": 11}, TEST, ["test asks for 11 images, there are 10"]),
        # A pool must hold train and test together.
        ({"train": 16, "test": 4}, None, []),
        ({"train": 17, "test": 4}, None, ["train asks for 17 images, there are 16"]),
    ],
)
def test_asking_for_more_than_there_is_is_a_problem(asked, test, problems):
    settings = DatasetSettings(source="npz", classes=[1, 2], **asked)
    assert count_problems(settings, TRAIN, test) == problems


def test_classes_without_images_are_named():
    assert count_problems(DatasetSettings(source="npz"), TRAIN, 0 * TEST) == [
        "classes [0] have no training image",
        "classes [0, 1, 2] have no test image",
    ]
