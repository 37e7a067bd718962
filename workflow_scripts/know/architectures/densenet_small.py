"""A small densely connected network."""

import torch
from torch import Tensor, nn

from know.architectures.layers import Norm, convolutional_network, norm_layer
from know.architectures.network import Network

OPTIONS = {"width": {"type": "integer", "minimum": 1}, "norm": {"type": "boolean"}}
_BLOCKS = 2
_LAYERS_PER_BLOCK = 3


class _DenseLayer(nn.Module):
    """Norm, ReLU and a 3x3 convolution, whose output is appended to its input."""

    def __init__(self, before: int, growth: int, *, norm: Norm) -> None:
        super().__init__()
        self.new = nn.Sequential(
            norm(before), nn.ReLU(), nn.Conv2d(before, growth, 3, padding=1)
        )

    def forward(self, features_BCHW: Tensor) -> Tensor:
        return torch.cat([features_BCHW, self.new(features_BCHW)], dim=1)


def densenet_small(
    *, num_classes: int, image_size: int, width: int = 8, norm: bool = True
) -> Network:
    """Two dense blocks of three layers, with a halving transition between them.

    Source: Huang et al. (arXiv 1608.06993): pre-activation layers, and a transition of
    a 1x1 convolution to half the channels and a 2x2 average pooling; the stem is a 3x3
    convolution of stride 2. Features are concatenated, not added, so He-normal kernels
    need no further care without norm. About 13,000 weights at width 8.

    Options:
        width: channels that a layer adds (growth rate); the stem has twice as many.
        norm: whether BatchNorm precedes each ReLU.
    """
    make_norm = norm_layer(norm)
    channels = 2 * width
    layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, stride=2, padding=1)]
    for block in range(_BLOCKS):
        if block:
            layers.append(
                nn.Sequential(
                    make_norm(channels),
                    nn.ReLU(),
                    nn.Conv2d(channels, channels // 2, 1),
                    nn.AvgPool2d(2, ceil_mode=True),
                )
            )
            channels //= 2
        for _ in range(_LAYERS_PER_BLOCK):
            layers.append(_DenseLayer(channels, width, norm=make_norm))
            channels += width
    layers += [make_norm(channels), nn.ReLU()]
    return convolutional_network(layers, num_features=channels, num_classes=num_classes)
