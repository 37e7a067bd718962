"""The small CNN of the authors' sample script."""

from itertools import pairwise

from torch import nn

from know.architectures.network import Network
from know.errors import KnowError

SMALLEST_SIZE = 16
OPTIONS = {"width": {"type": "integer", "minimum": 1}, "norm": {"type": "boolean"}}


def simplenet(
    *, num_classes: int, image_size: int, width: int = 8, norm: bool = False
) -> Network:
    """Four 3x3 convolutions, each with ReLU and 2x2 max pooling, and a dense layer.

    Source: the authors' `0_Data_Collection_Sample.py` (8-16-32-32 channels, dense 64).
    Padding keeps the size, and `norm` is ours: the authors' net has no norm layers.
    About 18,000 weights at width 8 and 16 pixels, which is the smallest size.

    Options:
        width: channels of the first convolution; the others have 2, 4, 4 times as many,
            the dense layer 8 times.
        norm: whether a BatchNorm follows each convolution.
    """
    if image_size < SMALLEST_SIZE:
        raise KnowError(
            f"simplenet wants images of {SMALLEST_SIZE} pixels or more, got "
            f"{image_size}"
        )
    channels = [3, width, 2 * width, 4 * width, 4 * width]
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers.append(nn.Conv2d(before, after, 3, padding=1))
        layers += [nn.BatchNorm2d(after)] if norm else []
        layers += [nn.MaxPool2d(2), nn.ReLU()]
    flat = channels[-1] * (image_size // 16) ** 2
    layers += [nn.Flatten(), nn.Linear(flat, 8 * width), nn.ReLU()]
    return Network(
        nn.Sequential(*layers), num_features=8 * width, num_classes=num_classes
    )
