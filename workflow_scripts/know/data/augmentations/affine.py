"""Random rotation, shift and zoom, as in the authors' code.

Coordinates are float32, under autocast too: bfloat16 misses places in an image of 512
pixels by up to two.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from know.data.arrays import IGNORE
from know.data.augmentation import Augmentation

# Shape suffixes: B batch, C channels, H rows, W columns, D draws; 2 is (x, y).

_ROTATION = math.radians(10)
_SHIFT = 0.15
_ZOOM = 0.3


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


AUGMENTATION = Augmentation(5, transform_affinely, transform_masks_affinely)
