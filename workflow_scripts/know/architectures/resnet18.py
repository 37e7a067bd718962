"""The paper's ResNet18 in its CIFAR form."""

from functools import partial

from torch import nn

from know.architectures.network import Network
from know.architectures.residual import residual_network


def resnet18(*, num_classes: int, image_size: int) -> Network:
    """ResNet18 as the authors train it on CIFAR: no downsampling in the stem.

    Source: the authors' `1_CIFAR100_Pretraininng.py`: 7x7 stem of stride 1, the
    padding of 1 that a removed max pooling left behind (32x32 becomes 34x34), stage
    strides 1, 1, 2, 2, biased convolutions, He-normal kernels, Keras' BatchNorm. It has
    11,223,012 predicted weights with 100 classes, and reads any size.
    """
    # Keras' defaults, which the authors use: momentum 0.99 there is 0.01 here.
    norm = partial(nn.BatchNorm2d, momentum=0.01, eps=1e-3)
    return residual_network(
        [nn.Conv2d(3, 64, 7, padding=3), norm(64), nn.ReLU(), nn.ZeroPad2d(1)],
        channels=(64, 64, 128, 256, 512),
        strides=(1, 1, 2, 2),
        blocks=2,
        norm=norm,
        num_classes=num_classes,
    )
