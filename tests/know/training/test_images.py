import numpy as np
import pytest
import torch

from know.data.arrays import IGNORE
from know.data.augmentations import AUGMENTATIONS
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
    inputs = images.batch(torch.tensor([1, 0])).inputs_BCHW
    assert inputs.shape == (2, 3, 1, 2)
    assert inputs[:, 0, 0, 0].tolist() == pytest.approx([0.2, -0.2])
    assert inputs[:, 2, 0, 1].tolist() == [0, 0]


def test_another_split_is_centred_by_the_mean_it_is_given(pixels):
    mean = torch.full((3, 1, 2), 0.1)
    images = put_images(pixels, np.array([0, 1]), device=CPU, mean_CHW=mean)
    assert images.mean_CHW is mean
    expected = [0.1, 0.5]
    found = images.batch(torch.arange(2)).inputs_BCHW[:, 0, 0, 0]
    assert found.tolist() == pytest.approx(expected)


def test_a_part_keeps_the_mean_of_all():
    pixels = np.arange(5, dtype=np.uint8).repeat(3).reshape(5, 1, 1, 3)
    images = put_images(pixels, np.arange(5) + 10, device=CPU)
    assert images.first(3).labels_N.tolist() == [10, 11, 12]
    assert images.first(3).mean_CHW is images.mean_CHW


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


class TestLossOfMasks:
    """A network of one weight a class, so that losses can be worked by hand."""

    @pytest.fixture
    def network(self):
        """Gives every pixel the logits log 1, log 2, log 5: shares 1/8, 2/8, 5/8."""
        logits_K = torch.tensor([1.0, 2.0, 5.0]).log().requires_grad_()
        return lambda inputs: logits_K[:, None, None].expand(len(inputs), 3, 1, 2)

    @pytest.fixture
    def loss(self, pixels, network):
        def loss(masks):
            images = put_images(pixels, np.array(masks, dtype=np.uint8), device=CPU)
            none = AUGMENTATIONS["none"]
            batch = images.batch(torch.arange(2))
            return images.loss(network, batch, torch.zeros(2, 0), none)

        return loss

    def test_is_the_mean_over_all_pixels_that_count(self, loss):
        found = loss([[[0, IGNORE]], [[1, 2]]])
        wanted = torch.tensor([8.0, 8 / 2, 8 / 5]).log().mean()
        torch.testing.assert_close(found, wanted)

    def test_a_batch_in_which_nothing_counts_teaches_nothing(self, loss):
        found = loss([[[IGNORE, IGNORE]], [[IGNORE, IGNORE]]])
        found.backward()
        assert found.item() == 0

    def test_masks_move_with_their_images(self):
        rng = np.random.default_rng(0)
        masks = rng.integers(0, 3, (4, 16, 16), dtype=np.uint8)
        pixels = np.repeat(masks[..., None], 3, axis=3) * 100
        images = put_images(pixels, masks, device=CPU, mean_CHW=torch.zeros(3, 16, 16))

        def by_brightness(inputs):
            level = inputs[:, :1] * 255
            return -(level - torch.tensor([0, 100, 200]).view(1, 3, 1, 1)).abs()

        flip = AUGMENTATIONS["crop-flip"]
        draws = torch.rand(
            4, flip.num_draws, generator=torch.Generator().manual_seed(0)
        )
        batch = images.batch(torch.arange(4))
        assert images.loss(by_brightness, batch, draws, flip) < 1e-6


def test_a_class_of_the_number_of_ignored_pixels_is_a_class(pixels):
    images = put_images(pixels, np.array([IGNORE, 0]), device=CPU)
    logits = torch.zeros(2, 300)
    none = AUGMENTATIONS["none"]
    batch = images.batch(torch.arange(2))
    found = images.loss(lambda _: logits, batch, torch.zeros(2, 0), none)
    torch.testing.assert_close(found, torch.tensor(300.0).log())


@pytest.mark.parametrize(("height", "wanted"), [(2, 2), (3, (3, 2))])
def test_the_size_is_a_side_or_height_and_width(height, wanted):
    pixels = np.zeros((1, height, 2, 3), dtype=np.uint8)
    assert put_images(pixels, np.zeros(1), device=CPU).image_size == wanted
