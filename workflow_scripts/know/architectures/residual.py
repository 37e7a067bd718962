"""Networks of basic blocks."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from know.architectures.layers import Norm, convolutional_network
from know.architectures.network import Network


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, before: int, after: int, *, stride: int, norm: Norm) -> None:
        """Make both branches; the shortcut has a 1x1 convolution if the shape changes.

        `before` and `after` are channels.
        """
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(before, after, 3, stride=stride, padding=1),
            norm(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, padding=1),
            norm(after),
        )
        self.stride = stride
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1), norm(after))

    @property
    def last_convolution(self) -> nn.Conv2d:
        """The second convolution of the residual branch."""
        layer = self.residual[3]
        assert isinstance(layer, nn.Conv2d)
        return layer

    def forward(self, features_BCHW: Tensor) -> Tensor:
        """Return the ReLU of the sum of both branches, at the block's stride."""
        # The same as a 1x1 convolution with a stride. In channels-last order and with
        # fewer than 8 channels, that one makes the CPU's library (oneDNN, in PyTorch
        # 2.15) write outside of its memory in the backward pass.
        skipped_BCHW = features_BCHW[:, :, :: self.stride, :: self.stride]
        return torch.relu(self.residual(features_BCHW) + self.shortcut(skipped_BCHW))


def residual_network(
    stem: Sequence[nn.Module],
    *,
    channels: Sequence[int],
    strides: Sequence[int],
    blocks: int,
    norm: Norm,
    num_classes: int,
) -> Network:
    """Put stages of basic blocks behind a stem, with He-normal kernels.

    Source: He et al. (arXiv 1512.03385).

    `channels` are those of the stem, then of each stage; `strides` those of each
    stage's first block; `blocks` is their number per stage.
    """
    layers = list(stem)
    for before, after, stride in zip(channels, channels[1:], strides, strict=False):
        layers.append(BasicBlock(before, after, stride=stride, norm=norm))
        layers += [
            BasicBlock(after, after, stride=1, norm=norm) for _ in range(blocks - 1)
        ]
    return convolutional_network(
        layers, num_features=channels[-1], num_classes=num_classes
    )
