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
