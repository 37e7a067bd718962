"""Random changes of batches of training images, on the images' device.

An augmentation takes its randomness as numbers. So the change of a sample depends on
that sample's draws alone, whatever else is in the batch, and a mask moves with its
image.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

# Shape suffixes: B batch, C channels, H rows, W columns, D draws.


@dataclass(frozen=True)
class Augmentation:
    """One way to change images."""

    num_draws: int
    """Random numbers per image."""
    apply: Callable[[Tensor, Tensor], Tensor]
    """(float images (B, C, H, W), uniform draws in [0, 1) (B, num_draws)) -> images."""
    apply_to_masks: Callable[[Tensor, Tensor], Tensor]
    """(uint8 masks (B, H, W), the images' draws) -> masks that fit the images."""
