"""Residual networks: the paper's ResNet18 in its CIFAR form, and a small one."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from know.architectures.network import Network

Norm = Callable[[int], nn.Module]
"""Makes the layer that follows a convolution of so many channels."""


class _BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(
        self, before: int, after: int, *, stride: int, norm: Norm, bias: bool
    ) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=bias),
            norm(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, padding=1, bias=bias),
            norm(after),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(
                nn.Conv2d(before, after, 1, stride=stride, bias=bias),
                norm(after),
            )

    def forward(self, features_BCHW: Tensor) -> Tensor:
        return torch.relu(self.residual(features_BCHW) + self.shortcut(features_BCHW))


def resnet18(*, num_classes: int, image_size: int, conv_bias: bool = True) -> Network:
    """ResNet18 as the authors train it on CIFAR: no downsampling in the stem.

    Source: the authors' `1_CIFAR100_Pretraininng.py`: 7x7 stem of stride 1, the
    padding of 1 that a removed max pooling left behind (32x32 becomes 34x34), stage
    strides 1, 1, 2, 2, biased convolutions, He-normal kernels, Keras' BatchNorm.

    Args:
        num_classes: width of the head.
        image_size: height and width of the input; any size that survives a division
            by 4.
        conv_bias: whether convolutions have biases (the authors' form) or not (the
            common one).

    Returns:
        The network; 11,223,012 predicted weights with biases and 100 classes.
    """
    del image_size
    # Keras' defaults, which the authors use: momentum 0.99 there is 0.01 here.
    norm = partial(nn.BatchNorm2d, momentum=0.01, eps=1e-3)
    stem = [
        nn.Conv2d(3, 64, 7, padding=3, bias=conv_bias),
        norm(64),
        nn.ReLU(),
        nn.ZeroPad2d(1),
    ]
    return _assemble(
        stem,
        channels=(64, 64, 128, 256, 512),
        strides=(1, 1, 2, 2),
        blocks=2,
        norm=norm,
        bias=conv_bias,
        num_classes=num_classes,
    )


def resnet_small(
    *, num_classes: int, image_size: int, width: int = 8, norm: bool = True
) -> Network:
    """A residual network of three one-block stages for small images and meta-data.

    Args:
        num_classes: width of the head.
        image_size: height and width of the input; any.
        width: channels of the stem; the stages have 1, 2, 4 times that.
        norm: whether BatchNorm follows each convolution.

    Returns:
        The network, about 20,000 weights at width 8.
    """
    del image_size
    after_convolution: Norm = nn.BatchNorm2d if norm else nn.Identity
    return _assemble(
        [nn.Conv2d(3, width, 3, padding=1), after_convolution(width), nn.ReLU()],
        channels=(width, width, 2 * width, 4 * width),
        strides=(1, 2, 2),
        blocks=1,
        norm=after_convolution,
        bias=True,
        num_classes=num_classes,
    )


def _assemble(
    stem: Sequence[nn.Module],
    *,
    channels: Sequence[int],
    strides: Sequence[int],
    blocks: int,
    norm: Norm,
    bias: bool,
    num_classes: int,
) -> Network:
    layers = list(stem)
    for before, after, stride in zip(channels, channels[1:], strides, strict=False):
        for block in range(blocks):
            first = block == 0
            layers.append(
                _BasicBlock(
                    before if first else after,
                    after,
                    stride=stride if first else 1,
                    norm=norm,
                    bias=bias,
                )
            )
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    network = Network(
        nn.Sequential(*layers), num_features=channels[-1], num_classes=num_classes
    )
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
