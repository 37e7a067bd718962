"""A small ShuffleNet V2."""

import torch
from torch import Tensor, nn

from know.architectures.layers import (
    Norm,
    convolution,
    convolutional_network,
    norm_layer,
)
from know.architectures.network import Network

OPTIONS = {
    "width": {"type": "integer", "minimum": 2, "multipleOf": 2},
    "norm": {"type": "boolean"},
}


class _Unit(nn.Module):
    """Half of the channels pass, half are convolved, and the halves are shuffled."""

    def __init__(self, channels: int, *, norm: Norm) -> None:
        super().__init__()
        half = channels // 2
        self.branch = _branch(half, half, stride=1, norm=norm)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        kept_BCHW, read_BCHW = features_BCHW.chunk(2, dim=1)
        return _shuffle(kept_BCHW, self.branch(read_BCHW))


class _DownsamplingUnit(nn.Module):
    """Two branches of stride 2 that both read every channel, shuffled."""

    def __init__(self, before: int, after: int, *, norm: Norm) -> None:
        super().__init__()
        half = after // 2
        self.shortcut = nn.Sequential(
            _depthwise(before, stride=2, norm=norm),
            convolution(before, half, 1, norm=norm),
        )
        self.branch = _branch(before, half, stride=2, norm=norm)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        return _shuffle(self.shortcut(features_BCHW), self.branch(features_BCHW))


def shufflenetv2_small(
    *, num_classes: int, image_size: int, width: int = 20, norm: bool = True
) -> Network:
    """A stem, a plain, a downsampling and a plain unit, and a 1x1 convolution.

    Source: Ma et al. (arXiv 1807.11164, figure 3 c and d), without the pooling behind
    the 3x3 stem of stride 2. Branches are concatenated, not added, so He-normal kernels
    need no further care without norm. About 12,000 weights at width 20.

    Options:
        width: channels of the stem, even; they double at the downsampling, and the last
            convolution has 8 times as many.
        norm: whether BatchNorm follows each convolution.
    """
    make_norm = norm_layer(norm)
    return convolutional_network(
        [
            convolution(3, width, 3, norm=make_norm, stride=2),
            _Unit(width, norm=make_norm),
            _DownsamplingUnit(width, 2 * width, norm=make_norm),
            _Unit(2 * width, norm=make_norm),
            convolution(2 * width, 8 * width, 1, norm=make_norm),
        ],
        num_features=8 * width,
        num_classes=num_classes,
    )


def _branch(before: int, after: int, *, stride: int, norm: Norm) -> nn.Sequential:
    return nn.Sequential(
        convolution(before, after, 1, norm=norm),
        _depthwise(after, stride=stride, norm=norm),
        convolution(after, after, 1, norm=norm),
    )


def _depthwise(channels: int, *, stride: int, norm: Norm) -> nn.Sequential:
    return convolution(
        *(channels, channels, 3),
        norm=norm,
        activation=nn.Identity,
        stride=stride,
        groups=channels,
    )


def _shuffle(left_BCHW: Tensor, right_BCHW: Tensor) -> Tensor:
    """Interleave the channels of the two halves."""
    return torch.stack([left_BCHW, right_BCHW], dim=2).flatten(1, 2)
