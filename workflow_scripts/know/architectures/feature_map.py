"""The part of a body that still tells places of the image apart."""

# Shape suffixes: B batch, T tokens, C channels, H height, W width.

import math
from itertools import takewhile

import torch
from torch import Tensor, nn

from know.architectures.layers import MeanOverTokens
from know.architectures.network import ImageSize
from know.errors import KnowError

_ENDS = (nn.AdaptiveAvgPool2d, nn.Flatten, MeanOverTokens)
"""Layers behind which places can no longer be told apart."""


class _TokensAsMap(nn.Module):
    """Reshape the tokens of a square of patches, row by row, to a map."""

    def forward(self, tokens_BTC: Tensor) -> Tensor:
        batch, tokens, channels = tokens_BTC.shape
        side = math.isqrt(tokens)
        return tokens_BTC.transpose(1, 2).reshape(batch, channels, side, side)


def spatial_part(body: nn.Module) -> nn.Module:
    """Return the layers of a body up to its pooling, sharing its weights.

    Args:
        body: body of a classifier of the registry.

    Returns:
        A module that maps (batch, 3, height, width) to (batch, channels, height',
        width'). Its tensors have the same names as in the body.

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
    """Return channels, height and width of the map that a body makes of an image.

    Args:
        body: module from `spatial_part`; left as it was.
        image_size: size of the image.
    """
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    was_training = body.training
    body.eval()  # keeps running statistics as they are
    device = next(body.parameters()).device
    channels, height, width = body(torch.zeros(1, 3, *size, device=device)).shape[1:]
    body.train(was_training)
    return channels, height, width
