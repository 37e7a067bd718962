"""A small vision transformer."""

# Shape suffixes: B batch, T tokens, W width, A heads, D width of a head.

import torch
from torch import Tensor, nn
from torch.nn import functional

from know.architectures.layers import MeanOverTokens, damp
from know.architectures.network import Network
from know.errors import KnowError

SIZE_STEP = 4
"""Side of a patch."""
OPTIONS = {
    "width": {"type": "integer", "minimum": 4, "multipleOf": 4},
    "norm": {"type": "boolean"},
}
_DEPTH = 2
_HEADS = 4


class _Embedding(nn.Module):
    """Patches as tokens, plus their positions."""

    def __init__(self, width: int, *, num_tokens: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, SIZE_STEP, stride=SIZE_STEP)
        # Two dimensions, so that it is predicted like the weights of a dense layer.
        self.position = nn.Parameter(torch.empty(num_tokens, width))

    def forward(self, images_BCHW: Tensor) -> Tensor:
        tokens_BTW = self.patches(images_BCHW).flatten(2).transpose(1, 2)
        embedded_BTW: Tensor = tokens_BTW + self.position
        return embedded_BTW


class _Attention(nn.Module):
    """Every token reads every other, once per head."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, tokens_BTW: Tensor) -> Tensor:
        split = self.queries_keys_values(tokens_BTW).unflatten(2, (3, _HEADS, -1))
        queries_BATD, keys_BATD, values_BATD = split.permute(2, 0, 3, 1, 4)
        scale = queries_BATD.shape[-1] ** -0.5
        scores_BATT = scale * queries_BATD @ keys_BATD.transpose(2, 3)
        read_BATD = scores_BATT.softmax(dim=-1) @ values_BATD
        mixed_BTW: Tensor = self.output(read_BATD.transpose(1, 2).flatten(2))
        return mixed_BTW


class _Block(nn.Module):
    """Attention and two dense layers, each behind a norm and beside a shortcut."""

    def __init__(self, width: int, *, norm: type[nn.Module]) -> None:
        super().__init__()
        self.norm_of_attention = norm(width)
        self.attention = _Attention(width)
        self.norm_of_dense = norm(width)
        self.widen = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width)

    def forward(self, tokens_BTW: Tensor) -> Tensor:
        tokens_BTW = tokens_BTW + self.attention(self.norm_of_attention(tokens_BTW))
        wide = functional.gelu(self.widen(self.norm_of_dense(tokens_BTW)))
        summed_BTW: Tensor = tokens_BTW + self.narrow(wide)
        return summed_BTW


def vit_small(
    *, num_classes: int, image_size: int, width: int = 32, norm: bool = True
) -> Network:
    """A transformer over the patches of an image: two pre-norm blocks of four heads.

    Source: Dosovitskiy et al. (arXiv 2010.11929): learned positions (normal, 0.02),
    Xavier-uniform dense layers with zero biases; the mean of the tokens, as in Beyer et
    al. (arXiv 2205.01580), replaces the class token. Without norm, the last layers of
    the four residual branches start at half of these values. About 20,000 weights at
    width 32 and 16 pixels; the size is a multiple of 4, the side of a patch.

    Options:
        width: width of a token, a multiple of 4, the number of heads; the inner dense
            layers have twice that.
        norm: whether a LayerNorm precedes each branch and the head.
    """
    if image_size % SIZE_STEP:
        raise KnowError(
            "vit-small wants an image size that is a multiple of the patch "
            f"({SIZE_STEP}), got {image_size}"
        )
    make_norm = nn.LayerNorm if norm else nn.Identity
    num_tokens = (image_size // SIZE_STEP) ** 2
    blocks = [_Block(width, norm=make_norm) for _ in range(_DEPTH)]
    body = nn.Sequential(
        _Embedding(width, num_tokens=num_tokens),
        *blocks,
        make_norm(width),
        MeanOverTokens(),
    )
    _initialise(body)
    if not norm:
        damp([layer for b in blocks for layer in (b.attention.output, b.narrow)])
    return Network(body, num_features=width, num_classes=num_classes)


def _initialise(body: nn.Module) -> None:
    for module in body.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
        elif isinstance(module, _Embedding):
            nn.init.normal_(module.position, std=0.02)
            nn.init.kaiming_normal_(module.patches.weight, nonlinearity="linear")
    for name, parameter in body.named_parameters():
        if name.endswith(".bias"):
            nn.init.zeros_(parameter)
