import numpy as np
import pytest
import torch
from torch import nn

from know.training.evaluation import accuracy
from know.training.images import put_images


@pytest.fixture
def lights():
    """Four images, lit in red, green, blue and blue; the last is labelled red."""
    pixels = np.zeros((4, 2, 2, 3), dtype=np.uint8)
    for image, channel in enumerate([0, 1, 2, 2]):
        pixels[image, :, :, channel] = 255
    return put_images(pixels, np.array([0, 1, 2, 0]), device=torch.device("cpu"))


@pytest.fixture
def brightest():
    """Classifies by the brightest channel; behind a dropout that would spoil it."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.999))


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
@pytest.mark.parametrize("batch_size", [1, 3, 500])
def test_three_of_four_are_75_percent(lights, brightest, batch_size, precision):
    found = accuracy(brightest, lights, batch_size=batch_size, precision=precision)
    assert found == 75.0


def test_leaves_the_network_in_evaluation_mode(lights, brightest):
    accuracy(brightest, lights)
    assert not brightest.training
