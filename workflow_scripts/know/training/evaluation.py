"""Classes that a network predicts for images or their pixels, accuracy and loss."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from know.data.arrays import IGNORE
from know.data.augmentations.none import AUGMENTATION
from know.training.epochs import autocast
from know.training.images import Images, channels_last
from know.training.settings import Precision

_BATCH = 500
"""Most images of a forward pass."""
_LOSS_BATCH = 256
_BATCH_PIXELS = _BATCH * 64 * 64
"""Most pixels of a forward pass, so that large images come in smaller batches."""


def accuracy(
    network: nn.Module, images: Images, *, precision: Precision = "float32"
) -> float:
    """Return the share of images that `network` classifies correctly, in percent.

    With masks it is the share of all pixels that count. The network must be on the
    images' device; it is left in evaluation mode.
    """
    right = torch.zeros((), dtype=torch.int64, device=images.device)
    counted = torch.zeros_like(right)
    for labels, classes in predicted_batches(network, images, precision=precision):
        counts = labels != IGNORE if images.has_masks else torch.ones_like(labels) > 0
        right += ((classes == labels) & counts).sum()
        counted += counts.sum()
    return 100 * int(right) / int(counted)


@torch.no_grad()
def mean_loss(
    network: nn.Module, images: Images, *, precision: Precision = "float32"
) -> float:
    """Return the mean cross-entropy over batches of images as they are, in nats.

    The network must be on the images' device; it is left in evaluation mode.
    """
    network.eval()
    total = 0.0
    for batch in images.in_order(_LOSS_BATCH):
        no_draws = torch.empty((len(batch), 0), device=images.device)
        with autocast(images.device, precision):
            loss = images.loss(network, batch, no_draws, AUGMENTATION)
        total += len(batch) * float(loss)
    return total / len(images)


def predicted_classes(
    network: nn.Module, images: Images, *, precision: Precision = "float32"
) -> Tensor:
    """Return the most likely class of each image, or of each pixel.

    Returns:
        int64, shape (N,), or (N, H, W) where the network classifies pixels.
    """
    batches = predicted_batches(network, images, precision=precision)
    return torch.cat([classes for _, classes in batches])


@torch.no_grad()
def predicted_batches(
    network: nn.Module, images: Images, *, precision: Precision = "float32"
) -> Iterator[tuple[Tensor, Tensor]]:
    """Predict classes as `predicted_classes` does, batch by batch.

    Yields:
        Labels of some images and the classes predicted for them.
    """
    network.eval()
    largest = max(1, _BATCH_PIXELS // images.mean_CHW[0].numel())
    for batch in images.in_order(min(_BATCH, largest)):
        with autocast(images.device, precision):
            logits = network(channels_last(batch.inputs_BCHW))
        yield batch.labels_B, logits.argmax(1)
