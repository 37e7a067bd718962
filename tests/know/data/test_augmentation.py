import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from know.data.augmentation import AUGMENTATIONS


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

    def test_leaves_its_input_alone(self, name):
        before = images()
        AUGMENTATIONS[name].apply(before, draws(name))
        assert torch.equal(before, images())

    def test_works_in_double_precision(self, name):
        after = AUGMENTATIONS[name].apply(images().double(), draws(name))
        assert after.dtype == torch.float64

    def test_works_on_a_batch_of_nothing_but_one_colour(self, name):
        grey = torch.full((6, 3, 12, 12), 0.4)
        torch.testing.assert_close(AUGMENTATIONS[name].apply(grey, draws(name)), grey)

    @pytest.mark.gpu
    @pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
    def test_gives_the_same_on_a_gpu(self, name):
        apply = AUGMENTATIONS[name].apply
        on_gpu = apply(images().cuda(), draws(name).cuda())
        torch.testing.assert_close(
            on_gpu.cpu(), apply(images(), draws(name)), atol=1e-4, rtol=0
        )


def test_draws_in_the_middle_make_no_affine_change():
    after = AUGMENTATIONS["affine"].apply(images(), torch.full((6, 5), 0.5))
    torch.testing.assert_close(after, images(), atol=1e-5, rtol=0)


def test_a_shift_fills_with_the_nearest_edge():
    centred = torch.full((1, 5), 0.5)
    centred[0, 2] = 1.0
    row = torch.arange(20.0).expand(1, 1, 20, 20)
    after = AUGMENTATIONS["affine"].apply(row, centred)[0, 0, 0]
    torch.testing.assert_close(after, (torch.arange(20.0) + 3).clamp(max=19))


def test_half_of_the_draws_flip():
    row = torch.arange(8.0).expand(2, 1, 8, 8)
    middle = torch.tensor([[0.5, 0.5, 0.2], [0.5, 0.5, 0.7]])
    after = AUGMENTATIONS["crop-flip"].apply(row, middle)[:, 0, 0]
    assert after.tolist() == [list(range(7, -1, -1)), list(range(8))]
