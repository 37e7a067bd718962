import numpy as np
import pytest
import torch

from know.errors import KnowError
from know.forgetting.held_out import held_out_halves
from know.training.images import put_images


def images(count):
    """Images whose label is their place."""
    pixels = np.zeros((count, 2, 2, 3), dtype=np.uint8)
    return put_images(pixels, np.arange(count), device=torch.device("cpu"))


def test_even_places_choose_and_odd_places_measure():
    chooses, measures = held_out_halves(images(5))
    assert chooses.labels_N.tolist() == [0, 2, 4]
    assert measures.labels_N.tolist() == [1, 3]


def test_one_image_cannot_do_both():
    with pytest.raises(KnowError, match=r"two test images .* found 1"):
        held_out_halves(images(1))
