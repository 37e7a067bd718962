from pathlib import Path

import numpy as np
import pytest

from know.data.prepare import check_settings, prepare
from know.data.settings import DatasetSettings

NOWHERE = Path("nowhere")


def shapes(**changed):
    return DatasetSettings(
        source="shapes", **{"size": 16, "train": 300, "test": 20, **changed}
    )


def test_there_are_as_many_as_asked_for_of_the_classes_asked_for():
    dataset = prepare("s", shapes(classes={"first": 24, "count": 12}), NOWHERE)
    assert dataset.train_images.shape == (300, 16, 16, 3)
    assert dataset.test_images.shape == (20, 16, 16, 3)
    assert len(dataset.class_names) == 12
    assert dataset.class_names[0] == "plain crescent"
    assert set(dataset.train_labels.tolist()) == set(range(12))


def test_a_smaller_set_is_a_prefix_of_a_larger_one():
    small = prepare("s", shapes(), NOWHERE)
    large = prepare("s", shapes(train=600), NOWHERE)
    np.testing.assert_array_equal(large.train_images[:300], small.train_images)
    np.testing.assert_array_equal(large.train_labels[:300], small.train_labels)
    assert large.digests["test"] == small.digests["test"]


def test_train_and_test_share_no_picture():
    dataset = prepare("s", shapes(), NOWHERE)
    train = {image.tobytes() for image in dataset.train_images}
    assert not train & {image.tobytes() for image in dataset.test_images}


def test_their_own_size_is_32():
    assert prepare("s", shapes(size=None, train=2), NOWHERE).train_images.shape[1] == 32


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"train": None}, "train should say how many shapes to draw"),
        ({"test": None}, "test should say how many shapes to draw"),
        ({"size": [16, 8]}, "shapes are square, size asks for 16 x 8"),
        ({"classes": {"first": 35, "count": 2}}, "classes asks for [36]"),
    ],
)
def test_what_cannot_be_drawn_is_said_beforehand(changed, said):
    (problem,) = check_settings("s", shapes(**changed), NOWHERE)
    assert said in problem
