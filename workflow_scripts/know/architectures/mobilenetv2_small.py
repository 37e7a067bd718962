"""A small MobileNet V2."""

from torch import Tensor, nn
from torch.nn import ReLU6

from know.architectures.layers import (
    Norm,
    convolution,
    convolutional_network,
    damp,
    norm_layer,
)
from know.architectures.network import Network

OPTIONS = {"width": {"type": "integer", "minimum": 1}, "norm": {"type": "boolean"}}
_EXPANSION = 4


class _InvertedResidual(nn.Module):
    """Widen, convolve each channel alone, and narrow again without a ReLU."""

    def __init__(self, before: int, after: int, *, stride: int, norm: Norm) -> None:
        super().__init__()
        inner = _EXPANSION * before
        self.has_shortcut = stride == 1 and before == after
        self.widen = convolution(before, inner, 1, norm=norm, activation=ReLU6)
        self.depthwise = convolution(
            inner, inner, 3, norm=norm, activation=ReLU6, stride=stride, groups=inner
        )
        self.narrow = nn.Conv2d(inner, after, 1)
        self.norm = norm(after)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        wide_BCHW = self.depthwise(self.widen(features_BCHW))
        added_BCHW: Tensor = self.norm(self.narrow(wide_BCHW))
        return features_BCHW + added_BCHW if self.has_shortcut else added_BCHW


def mobilenetv2_small(
    *, num_classes: int, image_size: int, width: int = 10, norm: bool = True
) -> Network:
    """A stem, three inverted residuals with linear bottlenecks, and a 1x1 convolution.

    Source: Sandler et al. (arXiv 1801.04381, figure 4 d), with expansion 4 instead of
    6. Without norm, the last convolutions of the two blocks that have a shortcut start
    at 1/sqrt(2) of their He-normal values. About 13,000 weights at width 10.

    Options:
        width: channels of the stem; the blocks have 1, 2, 2 times as many, the last
            convolution 16 times.
        norm: whether BatchNorm follows each convolution.
    """
    make_norm = norm_layer(norm)
    blocks = [
        _InvertedResidual(width, width, stride=1, norm=make_norm),
        _InvertedResidual(width, 2 * width, stride=2, norm=make_norm),
        _InvertedResidual(2 * width, 2 * width, stride=1, norm=make_norm),
    ]
    network = convolutional_network(
        [
            convolution(3, width, 3, norm=make_norm, activation=ReLU6, stride=2),
            *blocks,
            convolution(2 * width, 16 * width, 1, norm=make_norm, activation=ReLU6),
        ],
        num_features=16 * width,
        num_classes=num_classes,
    )
    if not norm:
        damp([block.narrow for block in blocks if block.has_shortcut])
    return network
