"""A small residual network."""

from torch import nn

from know.architectures.layers import damp, norm_layer
from know.architectures.network import Network
from know.architectures.residual import BasicBlock, residual_network

OPTIONS = {"width": {"type": "integer", "minimum": 1}, "norm": {"type": "boolean"}}


def resnet_small(
    *, num_classes: int, image_size: int, width: int = 8, norm: bool = True
) -> Network:
    """Three one-block stages for small images.

    Without norm, the second convolutions of the three residual branches start at
    1/sqrt(3) of their He-normal values. About 20,000 weights at width 8.

    Options:
        width: channels of the stem; the stages have 1, 2, 4 times as many.
        norm: whether BatchNorm follows each convolution.
    """
    make_norm = norm_layer(norm)
    network = residual_network(
        [nn.Conv2d(3, width, 3, padding=1), make_norm(width), nn.ReLU()],
        channels=(width, width, 2 * width, 4 * width),
        strides=(1, 2, 2),
        blocks=1,
        norm=make_norm,
        num_classes=num_classes,
    )
    if not norm:
        blocks = [m for m in network.modules() if isinstance(m, BasicBlock)]
        damp([block.last_convolution for block in blocks])
    return network
