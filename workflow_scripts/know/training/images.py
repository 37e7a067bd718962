"""A split of images as training holds it: on the device, or streamed from files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from know.architectures.network import ImageSize
from know.data.arrays import IGNORE, ImageArray, ImageDataset, IntArray
from know.data.augmentation import Augmentation
from know.data.picture_list import PictureList
from know.preemption import leave_if_warned
from know.training.streams import decoded_ahead

# Shape suffixes: N images, B batch, C channels, H height, W width, D draws, K classes.

_PIECE = 2**22
"""Bytes of pixels that are copied at once."""


@dataclass(frozen=True)
class Batch:
    """Images that are computed together."""

    inputs_BCHW: Tensor
    labels_B: Tensor
    """Their labels, as in `ImageDataset`."""

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.labels_B)


@dataclass(frozen=True)
class Images:
    """A split: uint8 pixels, labels, and the mean that inputs are centred by."""

    pixels_NCHW: Tensor | PictureList
    """uint8 on the device; or pictures in files, decoded batch by batch."""
    labels_N: Tensor
    """Classes, int64; or masks, uint8 of shape (N, H, W), as in `ImageDataset`."""
    mean_CHW: Tensor
    """Mean of the training images / 255, per pixel and channel (paper, section 5)."""

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.labels_N)

    @property
    def device(self) -> torch.device:
        """Device of the labels, and of every batch."""
        return self.labels_N.device

    @property
    def image_size(self) -> ImageSize:
        """Side of the images in pixels, or height and width where they differ."""
        height, width = self.mean_CHW.shape[1:]
        return height if height == width else (height, width)

    @property
    def has_masks(self) -> bool:
        """Whether each pixel has a class, not each image."""
        return self.labels_N.ndim == 3

    def batches(self, chosen: Sequence[Tensor]) -> Iterator[Batch]:
        """Yield the batches of images with these indices, on `device`.

        Inputs are pixels / 255 minus the mean.
        """
        if isinstance(self.pixels_NCHW, PictureList):
            pixels = decoded_ahead(self.pixels_NCHW, chosen, device=self.device)
        else:
            held_NCHW = self.pixels_NCHW
            pixels = (held_NCHW[indices_B] for indices_B in chosen)
        for indices_B, pixels_BCHW in zip(chosen, pixels, strict=True):
            inputs_BCHW = pixels_BCHW.float() / 255 - self.mean_CHW
            yield Batch(inputs_BCHW, self.labels_N[indices_B])

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        """Yield all images in their order, `batch_size` at a time, until warned."""
        indices_N = torch.arange(len(self), device=self.device)
        for batch in self.batches(torch.split(indices_N, batch_size)):
            leave_if_warned()
            yield batch

    def batch(self, indices_B: Tensor) -> Batch:
        """Return one batch of the images with these indices."""
        return next(self.batches([indices_B]))

    def num_draws(self, augmentation: Augmentation) -> int:
        """Return how many random numbers one image needs in an epoch."""
        return augmentation.num_draws

    def loss(
        self,
        network: nn.Module,
        batch: Batch,
        draws_BD: Tensor,
        augmentation: Augmentation,
    ) -> Tensor:
        """Mean cross-entropy of a batch once it is augmented, with gradients.

        Of masks it is the mean over all pixels of the batch that count. The draws are
        uniform in [0, 1), `num_draws` per image.
        """
        inputs_BCHW = augmentation.apply(batch.inputs_BCHW, draws_BD)
        logits = network(channels_last(inputs_BCHW))
        if not self.has_masks:
            return nn.functional.cross_entropy(logits, batch.labels_B)
        masks_BHW = augmentation.apply_to_masks(batch.labels_B, draws_BD)
        total = nn.functional.cross_entropy(
            logits, masks_BHW.long(), ignore_index=IGNORE, reduction="sum"
        )
        # A batch in which nothing counts teaches nothing, and must not become a NaN.
        return total / (masks_BHW != IGNORE).sum().clamp(min=1)

    def part(self, chosen: Tensor | slice) -> Self:
        """Return some of the images, centred as before."""
        pixels: Tensor | PictureList
        if isinstance(self.pixels_NCHW, PictureList):
            places = chosen if isinstance(chosen, slice) else chosen.cpu().numpy()
            pixels = self.pixels_NCHW[places]
        else:
            pixels = self.pixels_NCHW[chosen]
        return replace(self, pixels_NCHW=pixels, labels_N=self.labels_N[chosen])

    def first(self, count: int) -> Self:
        """Return the first `count` images, centred as before."""
        return self.part(slice(count))


def put_dataset(
    dataset: ImageDataset, *, device: torch.device, order_N: IntArray | None = None
) -> tuple[Images, Images]:
    """Copy training images, all or some in an order, and the test split to `device`.

    Both are centred by the mean of the training images taken; texts are not centred.
    """
    is_text = dataset.target == "text"
    height, width = dataset.train_labels.shape[1:] if is_text else (0, 0)
    train = put_images(
        dataset.train_images,
        dataset.train_labels,
        device=device,
        order_N=order_N,
        mean_CHW=torch.zeros(1, height, width) if is_text else None,
    )
    test = put_images(
        dataset.test_images,
        dataset.test_labels,
        device=device,
        mean_CHW=train.mean_CHW,
    )
    return train, test


def put_images(
    images_NHWC: ImageArray,
    labels_N: np.ndarray,
    *,
    device: torch.device,
    order_N: IntArray | None = None,
    mean_CHW: Tensor | None = None,
) -> Images:
    """Copy a split to the device piece by piece, or prepare to stream it.

    Args:
        images_NHWC: uint8 pixels, or pictures in their files.
        labels_N: labels as in `ImageDataset`, of any of its targets.
        device: where training happens.
        order_N: indices of the images to take, in order; by default all.
        mean_CHW: mean of the training split; by default of the images taken or, for
            pictures in files, of their whole split.

    Returns:
        The split, its pixels contiguous as (N, C, H, W); masks stay uint8, other labels
        are int64.
    """
    if order_N is None:
        order_N = np.arange(len(labels_N))
    dtype = torch.uint8 if labels_N.dtype == np.uint8 else torch.int64
    labels = torch.from_numpy(labels_N[order_N]).to(device, dtype)
    if isinstance(images_NHWC, PictureList):
        if mean_CHW is None:
            mean_CHW = torch.from_numpy(images_NHWC.mean_HWC).permute(2, 0, 1)
        mean_CHW = mean_CHW.contiguous().to(device)
        return Images(images_NHWC[order_N], labels, mean_CHW)
    _, height, width, channels = images_NHWC.shape
    pixels = torch.empty(
        (len(order_N), channels, height, width), dtype=torch.uint8, device=device
    )
    # Sums of integers are exact, so the mean does not depend on order or pieces.
    total_HWC = np.zeros((height, width, channels), dtype=np.int64)
    num_pieces = 1 + pixels.numel() // _PIECE
    places = zip(
        np.array_split(order_N, num_pieces),
        pixels.tensor_split(num_pieces),
        strict=True,
    )
    for indices, into_NCHW in places:
        piece_NHWC = images_NHWC[indices]
        if mean_CHW is None:
            total_HWC += piece_NHWC.sum(axis=0, dtype=np.uint32)
        into_NCHW.copy_(torch.from_numpy(piece_NHWC).permute(0, 3, 1, 2))
    if mean_CHW is None:
        mean_HWC = torch.from_numpy(total_HWC / len(order_N) / 255).float()
        mean_CHW = mean_HWC.permute(2, 0, 1).contiguous()
    return Images(pixels, labels, mean_CHW.to(device))


def channels_last(inputs_BCHW: Tensor) -> Tensor:
    """Return the same values, stored so that convolutions and poolings run faster.

    On CUDA the tensor cores want this layout; on the CPU a training step of the small
    nets takes a quarter less time with it, an evaluation less than half.
    """
    return inputs_BCHW.contiguous(memory_format=torch.channels_last)
