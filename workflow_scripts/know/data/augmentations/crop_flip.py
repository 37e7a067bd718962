"""Random crops of padded images, and mirroring."""

import torch
from torch import Tensor

from know.data.augmentation import Augmentation

# Shape suffixes: B batch, C channels, H rows, W columns, S side, D draws.

_PADDING_SHARE = 8


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


AUGMENTATION = Augmentation(3, crop_and_flip, crop_and_flip_masks)
