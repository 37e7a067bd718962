"""Layers that hypernetworks share."""

import torch
from torch import Tensor, nn

# Shape suffixes: N weights, I inputs of a stream.

NEGATIVE_SLOPE = 0.3
EXPONENT_LIMIT = 20.0


def undrawn_linear(inputs: int, outputs: int) -> nn.Linear:
    """A layer whose values are not drawn yet, so that no global generator is used."""
    layer: nn.Linear = nn.utils.skip_init(  # type: ignore[no-untyped-call]
        nn.Linear, inputs, outputs
    )
    return layer


class Stream(nn.Module):
    """One of KNOWN's two streams: `inputs` numbers per weight -> 32 features.

    Source: the authors' code; in file order lift (64), squeeze (8), shift, scale and
    exponent (64 each), mix (32). Deviation: the exponent is clamped to [-20, 20].
    """

    def __init__(self, inputs: int) -> None:
        """Make the layers; their values are undefined until they are filled."""
        super().__init__()
        self.lift = undrawn_linear(inputs, 64)
        self.squeeze = undrawn_linear(64, 8)
        self.shift = undrawn_linear(8, 64)
        self.scale = undrawn_linear(8, 64)
        self.exponent = undrawn_linear(8, 64)
        self.mix = undrawn_linear(64, 32)

    def forward(self, inputs_NI: Tensor) -> Tensor:
        """Features of shape (weights, 32)."""
        lifted: Tensor = self.lift(inputs_NI)
        code = torch.relu(self.squeeze(lifted))
        exponent = (self.exponent(code) * lifted).clamp(-EXPONENT_LIMIT, EXPONENT_LIMIT)
        mixed = self.mix(self.scale(code) * exponent.exp() + self.shift(code))
        return nn.functional.leaky_relu(mixed, NEGATIVE_SLOPE)
