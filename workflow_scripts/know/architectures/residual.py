"""What the residual networks share: a basic block, and how blocks are put together."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from know.architectures.layers import Norm, he_normal
from know.architectures.network import Network


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(
        self, before: int, after: int, *, stride: int, norm: Norm, bias: bool
    ) -> None:
        """Make both branches, the shortcut with a 1x1 convolution where it needs one.

        Args:
            before: channels of the input.
            after: channels of the output.
            stride: of the first convolution and of the shortcut.
            norm: makes the layer that follows a convolution.
            bias: whether convolutions have biases.
        """
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=bias),
            norm(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, padding=1, bias=bias),
            norm(after),
        )
        self.stride = stride
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(
                nn.Conv2d(before, after, 1, bias=bias),
                norm(after),
            )

    @property
    def last_convolution(self) -> nn.Conv2d:
        """The second convolution of the residual branch."""
        layer = self.residual[3]
        assert isinstance(layer, nn.Conv2d)
        return layer

    def forward(self, features_BCHW: Tensor) -> Tensor:
        """ReLU of the sum of both branches."""
        # What a 1x1 convolution with a stride computes. That one, in channels-last
        # order and with fewer than 8 channels, makes the CPU's library (oneDNN, in
        # PyTorch 2.15) write outside of its memory in the backward pass.
        skipped_BCHW = features_BCHW[:, :, :: self.stride, :: self.stride]
        return torch.relu(self.residual(features_BCHW) + self.shortcut(skipped_BCHW))


def residual_network(
    stem: Sequence[nn.Module],
    *,
    channels: Sequence[int],
    strides: Sequence[int],
    blocks: int,
    norm: Norm,
    bias: bool,
    num_classes: int,
) -> Network:
    """Stages of basic blocks behind a stem, with He-normal kernels.

    Source: He et al. (arXiv 1512.03385).

    Args:
        stem: the first layers.
        channels: those of the stem, then those of each stage.
        strides: of the first block of each stage.
        blocks: of each stage.
        norm: makes the layer that follows a convolution.
        bias: whether convolutions have biases.
        num_classes: width of the head.
    """
    layers = list(stem)
    for before, after, stride in zip(channels, channels[1:], strides, strict=False):
        for block in range(blocks):
            first = block == 0
            layers.append(
                BasicBlock(
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
    he_normal(network)
    return network
