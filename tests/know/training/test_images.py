import numpy as np
import pytest
import torch

from know.training.images import put_images

CPU = torch.device("cpu")


@pytest.fixture
def pixels():
    """Two images of one row and two columns; the red of the first pixel varies."""
    pixels = np.zeros((2, 1, 2, 3), dtype=np.uint8)
    pixels[0, 0, 0, 0], pixels[1, 0, 0, 0] = 51, 153
    pixels[:, 0, 1, 2] = 255
    return pixels


def test_inputs_are_shares_of_255_less_the_mean_of_the_pixel(pixels):
    images = put_images(pixels, np.array([0, 1]), device=CPU)
    inputs = images.inputs(torch.tensor([1, 0]))
    assert inputs.shape == (2, 3, 1, 2)
    assert inputs[:, 0, 0, 0].tolist() == pytest.approx([0.2, -0.2])
    assert inputs[:, 2, 0, 1].tolist() == [0, 0]


def test_another_split_is_centred_by_the_mean_it_is_given(pixels):
    mean = torch.full((3, 1, 2), 0.1)
    images = put_images(pixels, np.array([0, 1]), device=CPU, mean_CHW=mean)
    assert images.mean_CHW is mean
    expected = [0.1, 0.5]
    found = images.inputs(torch.arange(2))[:, 0, 0, 0]
    assert found.tolist() == pytest.approx(expected)


def test_the_first_images_keep_the_mean_of_all(pixels):
    images = put_images(pixels, np.array([0, 1]), device=CPU)
    first = images.first(1)
    assert (len(images), len(first)) == (2, 1)
    assert first.mean_CHW is images.mean_CHW


@pytest.mark.parametrize(
    ("spacing", "wanted"), [(1, [0, 1, 2, 3, 4]), (2, [0, 2, 4]), (3, [0, 3])]
)
def test_every_so_many_images_keep_the_mean_of_all(spacing, wanted):
    pixels = np.arange(5, dtype=np.uint8).repeat(3).reshape(5, 1, 1, 3)
    images = put_images(pixels, np.arange(5) + 10, device=CPU)
    found = images.every(spacing)
    assert found.pixels_NCHW[:, 0, 0, 0].tolist() == wanted
    assert found.labels_N.tolist() == [10 + number for number in wanted]
    assert found.mean_CHW is images.mean_CHW


def test_types_are_those_that_training_wants(pixels):
    images = put_images(pixels, np.array([0, 1], dtype=np.int32), device=CPU)
    assert images.pixels_NCHW.dtype == torch.uint8
    assert images.labels_N.dtype == torch.int64
    assert images.mean_CHW.dtype == torch.float32
    assert images.pixels_NCHW.is_contiguous()


def test_masks_stay_bytes(pixels):
    masks = np.array([[[0, 255]], [[3, 1]]], dtype=np.uint8)
    images = put_images(pixels, masks, device=CPU)
    assert images.labels_N.dtype == torch.uint8
    assert images.labels_N.tolist() == masks.tolist()
    assert images.first(1).labels_N.tolist() == masks[:1].tolist()
    assert len(images) == 2


def test_captions_are_whole_numbers(pixels):
    captions = np.array([[[1, 5, 2, 0]], [[1, 2, 0, 0]]])
    images = put_images(pixels, captions, device=CPU)
    assert images.labels_N.dtype == torch.int64
    assert images.labels_N.shape == (2, 1, 4)
