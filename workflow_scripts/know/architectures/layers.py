"""Parts that several networks share: norm layers, convolutions, initialisation."""

# Shape suffixes: B batch, T tokens, W width of a token.

from collections.abc import Callable, Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from know.architectures.network import Network
from know.errors import raise_all

_IMAGENET_STD = (0.229, 0.224, 0.225)

Norm = Callable[[int], nn.Module]
"""Makes the norm layer for a number of channels."""


class MeanOverTokens(nn.Module):
    """The mean token, which no longer tells where in the image the tokens were."""

    def forward(self, tokens_BTW: Tensor) -> Tensor:
        """Map (batch, tokens, width) to (batch, width)."""
        return tokens_BTW.mean(dim=1)


def norm_layer(norm: bool) -> Norm:
    """Return BatchNorm with PyTorch's defaults, or nothing in its place."""
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
    """Make a biased convolution, followed by norm and activation.

    `before` and `after` are channels; the side of the kernel is odd, so that stride 1
    keeps the size; as many `groups` as channels make the convolution depthwise.
    """
    padding = kernel // 2
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, padding, groups=groups),
        norm(after),
        activation(),
    )


def convolutional_network(
    layers: Iterable[nn.Module], *, num_features: int, num_classes: int
) -> Network:
    """Pool the layers' feature map, add a head, and draw He-normal kernels."""
    network = Network(
        nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        num_features=num_features,
        num_classes=num_classes,
    )
    he_normal(network)
    return network


def he_normal(network: nn.Module) -> None:
    """Draw all kernels He-normal and set their biases to zero, in place."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


@torch.no_grad()
def damp(last_layers: Sequence[nn.Conv2d | nn.Linear]) -> None:
    """Scale the last layers of a network's L residual branches by L^(-1/2), in place.

    Each branch then adds 1/L of its variance, so that without norm layers the sum stays
    bounded, whatever the number of branches.

    Source: as in Zhang et al. (arXiv 1901.09321, section 2), who scale the first layers
    and start the last ones at zero; here every weight must have a gradient at once.
    """
    for layer in last_layers:
        layer.weight *= len(last_layers) ** -0.5


def load_start(module: nn.Module, state: Mapping[str, Tensor], source: str) -> None:
    """Load weights into a module, in place, after a check of every name and shape.

    Raises:
        KnowError: naming every tensor of `source` that does not fit.
    """
    own = module.state_dict()
    problems = [f"{name} is missing" for name in own if name not in state]
    problems += [f"{name} is unknown" for name in state if name not in own]
    problems += [
        f"{name} has shape {tuple(state[name].shape)}, wanted {tuple(own[name].shape)}"
        for name in own
        if name in state and state[name].shape != own[name].shape
    ]
    raise_all(problems, f"{source} are of another network")
    module.load_state_dict(state)


@torch.no_grad()
def expect_unscaled_inputs(network: nn.Module) -> None:
    """Divide the first convolution's kernel by ImageNet's deviation, in place.

    Published weights expect pixels minus mean, divided by the standard deviation; the
    networks here read pixels minus mean. The first layer's output is the same.
    """
    first = next(m for m in network.modules() if isinstance(m, nn.Conv2d))
    first.weight /= torch.tensor(_IMAGENET_STD)[:, None, None]
