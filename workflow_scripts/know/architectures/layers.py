"""Parts that several networks share: norm layers, convolutions, initialisation."""

# Shape suffixes: B batch, T tokens, W width of a token.

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

_IMAGENET_STD = (0.229, 0.224, 0.225)

Norm = Callable[[int], nn.Module]
"""Makes the layer that follows a convolution of so many channels."""


class MeanOverTokens(nn.Module):
    """The mean token, which forgets where in the image the tokens were."""

    def forward(self, tokens_BTW: Tensor) -> Tensor:
        """Shape (batch, width) from (batch, tokens, width)."""
        return tokens_BTW.mean(dim=1)


def norm_layer(norm: bool) -> Norm:
    """BatchNorm at PyTorch's defaults, or nothing in its place."""
    return nn.BatchNorm2d if norm else nn.Identity


def convolution(
    before: int,
    after: int,
    kernel: int,
    *,
    norm: Norm,
    activation: type[nn.Module] = nn.ReLU,
    stride: int = 1,
    groups: int = 1,
) -> nn.Sequential:
    """A biased convolution that keeps the size at stride 1, norm and activation.

    Args:
        before: channels of the input.
        after: channels of the output.
        kernel: height and width of the kernel; odd.
        norm: makes the norm layer.
        activation: class of what comes last; `nn.Identity` for a linear output.
        stride: step of the kernel.
        groups: `before` makes the convolution depthwise.
    """
    return nn.Sequential(
        nn.Conv2d(
            before,
            after,
            kernel,
            stride=stride,
            padding=kernel // 2,
            groups=groups,
        ),
        norm(after),
        activation(),
    )


def he_normal(network: nn.Module) -> None:
    """Draw the kernels He-normal and set their biases to zero, in place."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


@torch.no_grad()
def damp(last_layers: Sequence[nn.Conv2d | nn.Linear]) -> None:
    """Scale the last layers of a network's L residual branches by L^(-1/2), in place.

    Each branch then adds 1/L of the variance that it would, so that without norm layers
    the sum grows by no more than a constant, however many branches there are.

    Source: as in Zhang et al. (arXiv 1901.09321, section 2), who scale the first layers
    and start the last ones at zero; here every weight shall have a gradient at once.
    """
    for layer in last_layers:
        layer.weight *= len(last_layers) ** -0.5


@torch.no_grad()
def expect_unscaled_inputs(network: nn.Module) -> None:
    """Divide the kernel of the first convolution by ImageNet's deviation, in place.

    Published weights read pixels minus mean over standard deviation, the networks here
    pixels minus mean: what the first layer makes of them is the same after this.
    """
    first = next(m for m in network.modules() if isinstance(m, nn.Conv2d))
    first.weight /= torch.tensor(_IMAGENET_STD)[:, None, None]
