from pathlib import Path

import numpy as np

from know.data.prepare import prepare
from know.data.settings import DatasetSettings
from know.data.sources.digits import SOURCE

NOWHERE = Path("nowhere")


def test_the_counts_known_beforehand_are_right():
    raw = SOURCE.open(DatasetSettings(source="digits"), NOWHERE)
    for digit, count in enumerate(np.bincount(raw.train.labels)):
        one = DatasetSettings(
            source="digits", classes=[digit], train=count - 9, test=10
        )
        (problem,) = SOURCE.check(one, NOWHERE)
        assert problem == f"train asks for {count - 9} images, there are {count - 10}"


def test_brightness_uses_the_whole_range():
    images = prepare("digits", DatasetSettings(source="digits"), NOWHERE).test_images
    assert images.shape[1:] == (8, 8, 3)
    assert (images.min(), images.max()) == (0, 255)


def test_train_and_test_are_apart_and_enlarged():
    settings = DatasetSettings(source="digits", size=16, test=300)
    dataset = prepare("digits", settings, NOWHERE)
    assert dataset.train_images.shape == (1497, 16, 16, 3)
    assert dataset.test_images.shape == (300, 16, 16, 3)
    train = {image.tobytes() for image in dataset.train_images}
    assert not train & {image.tobytes() for image in dataset.test_images}
    assert np.all(np.abs(np.bincount(dataset.test_labels) - 30) <= 1)
