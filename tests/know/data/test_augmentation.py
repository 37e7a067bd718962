import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from know.data.arrays import IGNORE
from know.data.augmentations import AUGMENTATIONS


def images(batch=6, height=12, width=12):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(batch, 3, height, width, generator=generator)


def draws(name, batch=6):
    generator = torch.Generator().manual_seed(1)
    return torch.rand(batch, AUGMENTATIONS[name].num_draws, generator=generator)


def slow_affine(image_HWC, draw):
    """Keras' apply_affine_transform: scipy, a channel at a time."""
    spread = 2 * draw - 1
    angle = math.radians(10) * spread[0]
    height, width = image_HWC.shape[:2]
    turn = np.array(
        [
            [np.cos(angle), -np.sin(angle), 0],
            [np.sin(angle), np.cos(angle), 0],
            [0, 0, 1],
        ]
    )
    shift = np.eye(3)
    shift[:2, 2] = 0.15 * spread[1] * height, 0.15 * spread[2] * width
    zoom = np.diag([1 + 0.3 * spread[3], 1 + 0.3 * spread[4], 1])
    centre, back = np.eye(3), np.eye(3)
    centre[:2, 2] = (height - 1) / 2, (width - 1) / 2
    back[:2, 2] = -centre[:2, 2]
    matrix = centre @ turn @ shift @ zoom @ back
    channels = [
        ndimage.affine_transform(
            channel, matrix[:2, :2], matrix[:2, 2], order=1, mode="nearest"
        )
        for channel in np.moveaxis(image_HWC, 2, 0)
    ]
    return np.stack(channels, axis=2)


def slow_crop_and_flip(image_HWC, draw):
    padding = [image_HWC.shape[0] // 8, image_HWC.shape[1] // 8]
    edges = [(padding[0],) * 2, (padding[1],) * 2, (0, 0)]
    padded = np.pad(image_HWC, edges, mode="reflect")
    top, left = (int(d * (2 * p + 1)) for d, p in zip(draw, padding, strict=False))
    height, width = image_HWC.shape[:2]
    crop = padded[top : top + height, left : left + width]
    return crop[:, ::-1] if draw[2] < 0.5 else crop


def blocks(height=24, width=24):
    """Six masks of blocks of eight pixels, each of its own class."""
    generator = torch.Generator().manual_seed(2)
    coarse = torch.randint(
        9, (6, height // 8, width // 8), generator=generator, dtype=torch.uint8
    )
    return coarse.repeat_interleave(8, 1).repeat_interleave(8, 2)


SLOW = {
    "none": lambda image_HWC, draw: image_HWC,
    "affine": slow_affine,
    "crop-flip": slow_crop_and_flip,
}


@pytest.mark.parametrize("name", sorted(AUGMENTATIONS))
class TestEveryAugmentation:
    @pytest.mark.parametrize("shape", [(12, 12), (8, 17)])
    def test_agrees_with_a_slow_reference(self, name, shape):
        before = images(6, *shape)
        found = AUGMENTATIONS[name].apply(before, draws(name))
        slow = [
            SLOW[name](image.permute(1, 2, 0).double().numpy(), draw.double().numpy())
            for image, draw in zip(before, draws(name), strict=True)
        ]
        expected = torch.from_numpy(np.stack(slow)).permute(0, 3, 1, 2).float()
        torch.testing.assert_close(found, expected, atol=2e-5, rtol=0)

    def test_a_sample_depends_on_its_own_draws_only(self, name):
        apply = AUGMENTATIONS[name].apply
        together = apply(images(), draws(name))
        alone = torch.cat(
            [apply(images()[i : i + 1], draws(name)[i : i + 1]) for i in range(6)]
        )
        torch.testing.assert_close(together, alone, atol=1e-6, rtol=0)

    @pytest.mark.parametrize("shape", [(24, 24), (16, 32)])
    def test_a_mask_moves_as_its_image_does(self, name, shape):
        before = blocks(*shape)
        moved = AUGMENTATIONS[name].apply_to_masks(before, draws(name))
        image_BHW = AUGMENTATIONS[name].apply(before[:, None].float(), draws(name))[
            :, 0
        ]
        # Between blocks the image mixes classes; without its mixtures it names one.
        near_B9HW = torch.nn.functional.unfold(
            torch.nn.functional.pad(image_BHW[:, None], (1, 1, 1, 1), mode="replicate"),
            3,
        ).reshape(6, 9, *shape)
        is_pure = (near_B9HW - near_B9HW.round()).abs().amax(1) < 1e-4
        is_compared = is_pure & (moved != IGNORE)
        assert is_compared.float().mean() > 0.25
        assert torch.equal(moved[is_compared], image_BHW[is_compared].round().byte())

    def test_what_does_not_count_never_comes_to_count(self, name):
        nothing = torch.full((6, 24, 24), IGNORE, dtype=torch.uint8)
        moved = AUGMENTATIONS[name].apply_to_masks(nothing, draws(name))
        assert torch.equal(moved, nothing)

    @pytest.mark.gpu
    @pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
    def test_gives_the_same_on_a_gpu(self, name):
        apply = AUGMENTATIONS[name].apply
        on_gpu = apply(images().cuda(), draws(name).cuda())
        torch.testing.assert_close(
            on_gpu.cpu(), apply(images(), draws(name)), atol=1e-4, rtol=0
        )


def test_a_mask_does_not_count_where_a_shift_leaves_the_image():
    centred = torch.full((1, 5), 0.5)
    centred[0, 2] = 1.0
    row = torch.arange(20, dtype=torch.uint8).expand(1, 20, 20)
    after = AUGMENTATIONS["affine"].apply_to_masks(row, centred)[0, 0]
    assert after.tolist() == [*range(3, 20), IGNORE, IGNORE, IGNORE]


class TestBfloat16:
    """Autocast leaves places as they are in float32: an image of its own columns."""

    WIDTH = 512

    @pytest.fixture
    def affine(self):
        return AUGMENTATIONS["affine"]

    def test_moves_no_pixel_by_a_tenth(self, affine):
        columns = torch.arange(self.WIDTH).float()
        before = columns.expand(6, 1, 64, self.WIDTH)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = affine.apply(before, draws("affine"))
        assert found.dtype == torch.float32
        missed = found - affine.apply(before, draws("affine"))
        assert missed.abs().max() < 0.1

    def test_moves_no_pixel_of_a_mask(self, affine):
        columns = torch.arange(self.WIDTH) % IGNORE
        before = columns.to(torch.uint8).expand(6, 64, self.WIDTH)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = affine.apply_to_masks(before, draws("affine"))
        assert torch.equal(found, affine.apply_to_masks(before, draws("affine")))
