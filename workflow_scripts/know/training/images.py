"""Images and their classes, or the class of each pixel, on the device or streamed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from know.architectures.network import ImageSize
from know.data.arrays import IGNORE, ImageArray
from know.data.augmentation import Augmentation
from know.data.picture_list import PictureList
from know.errors import KnowError
from know.training.streams import PixelStream

# Shape suffixes: N images, B batch, C channels, H height, W width, D draws, K classes.


@dataclass(frozen=True)
class Images:
    """A split: uint8 pixels, labels, and the mean that inputs are centred by."""

    pixels_NCHW: Tensor | PixelStream
    """uint8, in PyTorch's order of axes."""
    labels_N: Tensor
    """Classes, int64; or masks, uint8 of shape (N, H, W), as in `ImageDataset`."""
    mean_CHW: Tensor
    """Mean of the training images / 255, per pixel and channel (paper, section 5)."""

    def __len__(self) -> int:
        """Number of images."""
        return len(self.labels_N)

    @property
    def device(self) -> torch.device:
        """Where the images lie."""
        return self.labels_N.device

    @property
    def image_size(self) -> ImageSize:
        """Side of the images, in pixels; height and width where they differ."""
        height, width = self.pixels_NCHW.shape[2:]
        return height if height == width else (height, width)

    @property
    def held_pixels(self) -> Tensor:
        """All pixels, of a split that the device holds.

        Raises:
            KnowError: if the pictures stay in their files.
        """
        if isinstance(self.pixels_NCHW, PixelStream):
            raise KnowError("wanted images that the device holds, found a stream")
        return self.pixels_NCHW

    @property
    def has_masks(self) -> bool:
        """Whether each pixel has a class, not each image."""
        return self.labels_N.ndim == 3

    def inputs(self, indices_B: Tensor) -> Tensor:
        """Network inputs of some images: pixels / 255 minus the mean, (B, C, H, W)."""
        if isinstance(self.pixels_NCHW, PixelStream):
            pixels_BCHW = self.pixels_NCHW.read(indices_B)
        else:
            pixels_BCHW = self.pixels_NCHW[indices_B]
        return pixels_BCHW.float() / 255 - self.mean_CHW

    def num_draws(self, augmentation: Augmentation) -> int:
        """Random numbers that one image needs in an epoch."""
        return augmentation.num_draws

    def expect(self, batches: Sequence[Tensor]) -> None:
        """Read ahead what stays in files, as `Examples.expect`."""
        if isinstance(self.pixels_NCHW, PixelStream):
            self.pixels_NCHW.expect(batches)

    def loss(
        self,
        network: nn.Module,
        indices_B: Tensor,
        draws_BD: Tensor,
        augmentation: Augmentation,
    ) -> Tensor:
        """Mean cross-entropy of some augmented images, as `Examples.loss`.

        Of masks it is the mean over all pixels of the batch that count.
        """
        inputs_BCHW = augmentation.apply(self.inputs(indices_B), draws_BD)
        logits = network(channels_last(inputs_BCHW))
        if not self.has_masks:
            return nn.functional.cross_entropy(logits, self.labels_N[indices_B])
        masks_BHW = augmentation.apply_to_masks(self.labels_N[indices_B], draws_BD)
        total = nn.functional.cross_entropy(
            logits, masks_BHW.long(), ignore_index=IGNORE, reduction="sum"
        )
        # A batch in which nothing counts teaches nothing, and must not become a NaN.
        return total / (masks_BHW != IGNORE).sum().clamp(min=1)

    def part(self, indices_N: Tensor) -> Self:
        """Some of the images, centred as before."""
        return self._selected(indices_N)

    def first(self, count: int) -> Self:
        """The first `count` images, centred as before."""
        return self._selected(slice(count))

    def every(self, spacing: int) -> Self:
        """Every `spacing`-th image, centred as before."""
        return self._selected(slice(None, None, spacing))

    def _selected(self, places: Tensor | slice) -> Self:
        return replace(
            self,
            pixels_NCHW=self.pixels_NCHW[places],
            labels_N=self.labels_N[places],
        )


def put_images(
    images_NHWC: ImageArray,
    labels_N: np.ndarray,
    *,
    device: torch.device,
    mean_CHW: Tensor | None = None,
) -> Images:
    """Copy a split to the device, or get ready to stream it.

    Args:
        images_NHWC: uint8 pixels, or pictures in their files.
        labels_N: labels as in `ImageDataset`, of any of its targets.
        device: where training happens.
        mean_CHW: the training split's mean; computed from these images where absent,
            of a stream from its whole split.

    Returns:
        The split, its pixels contiguous as (N, C, H, W); masks stay uint8, other labels
        are int64.
    """
    dtype = np.uint8 if labels_N.dtype == np.uint8 else np.int64
    labels = torch.from_numpy(np.array(labels_N, dtype=dtype))
    if isinstance(images_NHWC, PictureList):
        if mean_CHW is None:
            mean_CHW = torch.from_numpy(images_NHWC.mean_HWC).permute(2, 0, 1)
        stream = PixelStream(images_NHWC, device=device)
        return Images(stream, labels.to(device), mean_CHW.contiguous().to(device))
    pixels = torch.from_numpy(np.ascontiguousarray(images_NHWC.transpose(0, 3, 1, 2)))
    if mean_CHW is None:
        # Float64 sums of integers are exact, so the mean does not depend on order.
        mean_CHW = (pixels.double().mean(0) / 255).float()
    return Images(pixels.to(device), labels.to(device), mean_CHW.to(device))


def channels_last(inputs_BCHW: Tensor) -> Tensor:
    """The same values, stored so that convolutions and poolings run faster.

    On CUDA the tensor cores want this layout; on the CPU a training step of the small
    nets takes a quarter less time with it, an evaluation less than half.
    """
    return inputs_BCHW.contiguous(memory_format=torch.channels_last)
