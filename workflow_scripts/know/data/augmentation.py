"""Random changes of batches of training images, on the images' device.

An augmentation takes its randomness as numbers. So the change of a sample depends on
that sample's draws alone, whatever else is in the batch, and a mask moves with its
image. Coordinates are float32, under autocast too: bfloat16 misses places in an image
of 512 pixels by up to two.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from know.data.arrays import IGNORE

# Shape suffixes: B batch, C channels, H rows, W columns, D draws; 2 is (x, y).

_ROTATION = math.radians(10)
_SHIFT = 0.15
_ZOOM = 0.3
_PADDING_SHARE = 8


@dataclass(frozen=True)
class Augmentation:
    """One way to change images."""

    num_draws: int
    """Random numbers per image."""
    apply: Callable[[Tensor, Tensor], Tensor]
    """(float images (B, C, H, W), uniform draws in [0, 1) (B, num_draws)) -> images."""
    apply_to_masks: Callable[[Tensor, Tensor], Tensor]
    """(uint8 masks (B, H, W), the images' draws) -> masks that fit the images."""


def keep(images_or_masks: Tensor, draws_BD: Tensor) -> Tensor:
    """Leave the images or masks as they are."""
    return images_or_masks


def transform_affinely(images_BCHW: Tensor, draws_BD: Tensor) -> Tensor:
    """Rotate by up to 10 degrees, shift by up to 15 %, zoom each axis by up to 30 %.

    Source: the authors' code (Keras' ImageDataGenerator): pixel o of the output shows
    the input at c + R (Z (o - c) + t), where c is the image's centre; outside pixels
    repeat the nearest edge; interpolation is bilinear. No flip. The draws, (B, 5), are
    for rotation, shift down, shift right, zoom of the rows and zoom of the columns.
    """
    return _sample_affinely(images_BCHW, draws_BD, "bilinear", "border")


def transform_masks_affinely(masks_BHW: Tensor, draws_BD: Tensor) -> Tensor:
    """Move masks as `transform_affinely` moves their images.

    A pixel gets the class of the nearest pixel, or `IGNORE` outside the image.
    """
    # Outside pixels are sampled as 0, so IGNORE is shifted to 0.
    offset_B1HW = masks_BHW[:, None].float() - IGNORE
    sampled_B1HW = _sample_affinely(offset_B1HW, draws_BD, "nearest", "zeros")
    return (sampled_B1HW[:, 0] + IGNORE).to(masks_BHW.dtype)


def _sample_affinely(
    images_BCHW: Tensor, draws_BD: Tensor, mode: str, padding_mode: str
) -> Tensor:
    with torch.autocast(images_BCHW.device.type, enabled=False):
        grid_BHW2 = _affine_grid(images_BCHW, draws_BD)
        return functional.grid_sample(
            images_BCHW, grid_BHW2, mode, padding_mode, align_corners=True
        )


def _affine_grid(images_BCHW: Tensor, draws_BD: Tensor) -> Tensor:
    """Source of each pixel of the transformed images, shape (B, H, W, 2)."""
    height, width = images_BCHW.shape[2:]
    spread_BD = 2 * draws_BD.to(images_BCHW.dtype) - 1
    angle_B = _ROTATION * spread_BD[:, 0]
    down_B = _SHIFT * height * spread_BD[:, 1]
    right_B = _SHIFT * width * spread_BD[:, 2]
    zoom_rows_B = 1 + _ZOOM * spread_BD[:, 3]
    zoom_columns_B = 1 + _ZOOM * spread_BD[:, 4]
    cos_B, sin_B = angle_B.cos(), angle_B.sin()
    # grid_sample counts from -1 to 1 between the centres of the outermost pixels.
    half_height, half_width = max(height - 1, 1) / 2, max(width - 1, 1) / 2
    aspect = half_height / half_width
    column_row_B = torch.stack(
        [
            cos_B * zoom_columns_B,
            sin_B * zoom_rows_B * aspect,
            (sin_B * down_B + cos_B * right_B) / half_width,
        ],
        dim=1,
    )
    row_row_B = torch.stack(
        [
            -sin_B * zoom_columns_B / aspect,
            cos_B * zoom_rows_B,
            (cos_B * down_B - sin_B * right_B) / half_height,
        ],
        dim=1,
    )
    matrix_B23 = torch.stack([column_row_B, row_row_B], dim=1)
    return functional.affine_grid(
        matrix_B23, list(images_BCHW.shape), align_corners=True
    )


def crop_and_flip(images_BCHW: Tensor, draws_BD: Tensor) -> Tensor:
    """Shift by whole pixels, up to an eighth of the side, and mirror half the images.

    This equals padding by reflection, random cropping and flipping left to right. The
    draws, (B, 3), are for the crop's row, its column and the flip.
    """
    num_images, num_channels, height, width = images_BCHW.shape
    rows_BH = _cropped_indices(height, draws_BD[:, 0])
    columns_BW = _cropped_indices(width, draws_BD[:, 1])
    is_flipped_B1 = draws_BD[:, 2:3] < 0.5
    columns_BW = torch.where(is_flipped_B1, columns_BW.flip(1), columns_BW)
    device = images_BCHW.device
    return images_BCHW[
        torch.arange(num_images, device=device)[:, None, None, None],
        torch.arange(num_channels, device=device)[None, :, None, None],
        rows_BH[:, None, :, None],
        columns_BW[:, None, None, :],
    ]


def crop_and_flip_masks(masks_BHW: Tensor, draws_BD: Tensor) -> Tensor:
    """Move masks as `crop_and_flip` moves their images, including the reflection."""
    return crop_and_flip(masks_BHW[:, None], draws_BD)[:, 0]


def _cropped_indices(side: int, draws_B: Tensor) -> Tensor:
    """Index of the pixel at each place of the crop, shape (B, side)."""
    padding = side // _PADDING_SHARE
    offset_B = (draws_B * (2 * padding + 1)).floor().long() - padding
    index_BS = offset_B[:, None] + torch.arange(side, device=draws_B.device)
    return (side - 1) - ((side - 1) - index_BS.abs()).abs()


AUGMENTATIONS: dict[str, Augmentation] = {
    "none": Augmentation(0, keep, keep),
    "affine": Augmentation(5, transform_affinely, transform_masks_affinely),
    "crop-flip": Augmentation(3, crop_and_flip, crop_and_flip_masks),
}
"""Augmentation by the name that the config gives it."""
