"""A multilayer perceptron."""

from itertools import pairwise

from torch import nn

from know.architectures.network import Network

OPTIONS = {"width": {"type": "integer", "minimum": 1}, "norm": {"type": "boolean"}}
_DEPTH = 2


def mlp(
    *, num_classes: int, image_size: int, width: int = 32, norm: bool = True
) -> Network:
    """Two dense layers of one width, each with ReLU, on the image as one vector.

    Source: Rumelhart, Hinton and Williams (Nature 323, 1986, 533-536); He-normal
    weights and zero biases after He et al. (arXiv 1502.01852), which are stable with
    and without norm. The norm is LayerNorm (arXiv 1607.06450), because BatchNorm on
    vectors cannot train on a batch of one image. About 26,000 weights at width 32 and
    16 pixels.

    Options:
        width: units of a dense layer.
        norm: whether a LayerNorm follows each dense layer.
    """
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise([3 * image_size**2, *[width] * _DEPTH]):
        dense = nn.Linear(before, after)
        nn.init.kaiming_normal_(dense.weight, nonlinearity="relu")
        nn.init.zeros_(dense.bias)
        layers += [dense, nn.LayerNorm(after) if norm else nn.Identity(), nn.ReLU()]
    return Network(nn.Sequential(*layers), num_features=width, num_classes=num_classes)
