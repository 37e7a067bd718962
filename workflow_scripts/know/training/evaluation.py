"""Accuracy of a classifier on a split."""

import torch
from torch import Tensor, nn

from know.training.engine import autocast
from know.training.images import Images, channels_last
from know.training.settings import Precision


def accuracy(
    network: nn.Module,
    images: Images,
    *,
    batch_size: int = 500,
    precision: Precision = "float32",
) -> float:
    """Share of the images that `network` classifies rightly, in percent points.

    Args:
        network: on the images' device; left in evaluation mode.
        images: the split to measure on, without augmentation.
        batch_size: images a forward pass.
        precision: as in `TrainingSettings`.
    """
    classes_N = predicted_classes(
        network, images, batch_size=batch_size, precision=precision
    )
    return 100 * int((classes_N == images.labels_N).sum()) / len(images)


@torch.no_grad()
def predicted_classes(
    network: nn.Module,
    images: Images,
    *,
    batch_size: int = 500,
    precision: Precision = "float32",
) -> Tensor:
    """The class that `network` finds likeliest for each image, shape (N,).

    Args:
        network: on the images' device; left in evaluation mode.
        images: without augmentation.
        batch_size: images a forward pass.
        precision: as in `TrainingSettings`.
    """
    network.eval()
    indices_N = torch.arange(len(images), device=images.device)
    classes = []
    for indices_B in torch.split(indices_N, batch_size):
        with autocast(images.device, precision):
            logits_BK = network(channels_last(images.inputs(indices_B)))
        classes.append(logits_BK.argmax(1))
    return torch.cat(classes)
