"""Accuracy of a classifier on a split."""

import torch
from torch import nn

from know.training.engine import autocast, channels_last
from know.training.images import Images
from know.training.settings import Precision


@torch.no_grad()
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
    network.eval()
    device = images.labels_N.device
    correct = 0
    for indices_B in torch.split(torch.arange(len(images), device=device), batch_size):
        with autocast(device, precision):
            logits_BK = network(channels_last(images.inputs(indices_B)))
        correct += int((logits_BK.argmax(1) == images.labels_N[indices_B]).sum())
    return 100 * correct / len(images)
