"""The part of a body that still knows where in the image something is."""

# Shape suffixes: B batch, T tokens, C channels, H height, W width.

import math
from itertools import takewhile

import torch
from torch import Tensor, nn

from know.architectures.layers import MeanOverTokens
from know.architectures.network import ImageSize
from know.errors import KnowError

_ENDS = (nn.AdaptiveAvgPool2d, nn.Flatten, MeanOverTokens)
"""Layers that forget places."""


class _TokensAsMap(nn.Module):
    """Tokens of a square of patches, row by row, as a map."""

    def forward(self, tokens_BTC: Tensor) -> Tensor:
        batch, tokens, channels = tokens_BTC.shape
        side = math.isqrt(tokens)
        return tokens_BTC.transpose(1, 2).reshape(batch, channels, side, side)


def spatial_part(body: nn.Module) -> nn.Module:
    """The layers of a body up to its pooling, sharing its weights.

    What comes behind, such as a dense layer on the flattened map, is left out.

    Args:
        body: of a network of the registry, for classification.

    Returns:
        A module that maps (batch, 3, height, width) to (batch, channels, height',
        width'). Its state dict has the body's names, as far as they go.

    Raises:
        KnowError: if the body has no feature map.
    """
    layers = list(body.children()) if isinstance(body, nn.Sequential) else []
    kept = list(takewhile(lambda layer: not isinstance(layer, _ENDS), layers))
    if not kept or len(kept) == len(layers):
        raise KnowError(
            "wanted a body whose layers end in a pooling of its feature map, got "
            f"{type(body).__name__} of {', '.join(type(m).__name__ for m in layers)}"
        )
    if isinstance(layers[len(kept)], MeanOverTokens):
        kept.append(_TokensAsMap())
    return nn.Sequential(*kept)


@torch.no_grad()
def map_shape(body: nn.Module, image_size: ImageSize) -> tuple[int, int, int]:
    """Channels, height and width of what a spatial part makes of one image.

    Args:
        body: from `spatial_part`; left as it was.
        image_size: of the image.
    """
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    was_training = body.training
    # So that no running statistics are touched.
    body.eval()
    device = next(body.parameters()).device
    channels, height, width = body(torch.zeros(1, 3, *size, device=device)).shape[1:]
    body.train(was_training)
    return channels, height, width
