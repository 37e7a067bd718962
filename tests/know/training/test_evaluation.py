from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from know.data.arrays import IGNORE
from know.training import evaluation
from know.training.evaluation import accuracy, predicted_batches, predicted_classes
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


@pytest.fixture(params=[1, 3, 500])
def _in_batches(request, monkeypatch):
    """Forward passes of at most so many images."""
    monkeypatch.setattr(evaluation, "_BATCH", request.param)


@pytest.mark.usefixtures("_in_batches")
@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
def test_three_of_four_are_75_percent(lights, brightest, precision):
    assert accuracy(brightest, lights, precision=precision) == 75.0
    assert not brightest.training


class TestMasks:
    @pytest.fixture
    def masks(self, lights):
        """Of 16 pixels two do not count, and of the others 9 are labelled correctly."""
        masks_NHW = torch.tensor([0, 1, 2, 2], dtype=torch.uint8)
        masks_NHW = masks_NHW.view(4, 1, 1).repeat(1, 2, 2)
        masks_NHW[0, 0] = IGNORE
        masks_NHW[1, 0] = 2
        masks_NHW[2, :, 0] = 0
        masks_NHW[3, 0, 0] = 1
        return replace(lights, labels_N=masks_NHW)

    @pytest.mark.usefixtures("_in_batches")
    def test_accuracy_is_the_share_of_pixels_that_count(self, masks):
        assert accuracy(nn.Identity(), masks) == pytest.approx(100 * 9 / 14)

    def test_every_pixel_has_a_class(self, masks):
        classes_NHW = predicted_classes(nn.Identity(), masks)
        assert classes_NHW.flatten(1).tolist() == [[n] * 4 for n in (0, 1, 2, 2)]


def test_large_images_come_in_smaller_batches():
    pixels = np.zeros((9, 512, 512, 3), dtype=np.uint8)
    images = put_images(pixels, np.zeros(9), device=torch.device("cpu"))
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    batches = [len(indices) for indices, _ in predicted_batches(network, images)]
    assert batches == [7, 2]
