"""A network that writes a sentence about an image, word by word."""

# Shape suffixes: B batch, C channels, H height, W width of an image, T tokens of a
# transformer, L words of a caption, V words of the vocabulary, P places of the feature
# map, F features of a place, D width of the decoder.

import math
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor, nn

from know.architectures.layers import MeanOverTokens
from know.architectures.network import BodyAndHead, ImageSize, Network
from know.errors import KnowError

_ENDS = (nn.AdaptiveAvgPool2d, nn.Flatten, MeanOverTokens)
"""Layers behind which places can no longer be told apart."""


class Decoder(nn.Module):
    """A transformer that predicts the next word from an image and the words before."""

    def __init__(
        self,
        *,
        num_features: int,
        num_places: int,
        num_words: int,
        length: int,
        width: int,
        depth: int,
        heads: int,
        dropout: float,
    ) -> None:
        """Make `depth` blocks, for maps of `num_places` with `num_features` channels.

        Words are `width` numbers, a multiple of `heads`, and twice as many in the
        blocks' dense layers.
        """
        super().__init__()
        self.see = nn.Sequential(
            nn.LayerNorm(num_features), nn.Linear(num_features, width)
        )
        self.places = nn.Parameter(torch.empty(num_places, width))
        self.words = nn.Embedding(num_words, width)
        self.positions = nn.Parameter(torch.empty(length, width))
        block = nn.TransformerDecoderLayer(
            width,
            heads,
            dim_feedforward=2 * width,
            dropout=dropout,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.blocks = nn.TransformerDecoder(block, depth, nn.LayerNorm(width))
        self.say = nn.Linear(width, num_words)
        # Xavier-uniform, layer by layer; PyTorch would give all blocks the same.
        for parameter in self.parameters():
            if parameter.ndim > 1:
                nn.init.xavier_uniform_(parameter)
        for embedding in (self.places, self.words.weight, self.positions):
            nn.init.normal_(embedding, std=0.02)

    def forward(self, features_BPF: Tensor, tokens_BL: Tensor) -> Tensor:
        """Return logits of the word after each of `tokens_BL`, (batch, L, words)."""
        length = tokens_BL.shape[1]
        spoken_BLD = self.words(tokens_BL) + self.positions[:length]
        seen_BPD = self.see(features_BPF) + self.places
        later_LL = nn.Transformer.generate_square_subsequent_mask(
            length, device=tokens_BL.device
        )
        read_BLD = self.blocks(
            spoken_BLD, seen_BPD, tgt_mask=later_LL, tgt_is_causal=True
        )
        logits_BLV: Tensor = self.say(read_BLD)
        return logits_BLV


class Captioner(BodyAndHead):
    """The body of a classifier up to its feature map, with a decoder as the head."""

    def __init__(
        self,
        network: Network,
        *,
        image_size: ImageSize,
        num_words: int,
        length: int,
        decoder: Mapping[str, Any],
        seed: int,
    ) -> None:
        """Put a decoder with random weights behind the network's body.

        Source: Jang et al. (arXiv 2508.05059, section 5.3) leave the decoder open; this
        is the one of Vaswani et al. (arXiv 1706.03762) with learned positions and the
        norm first. Decision 24.

        Args:
            network: a classifier of the registry, whose body the captioner takes over.
            image_size: side of the images, or height and width.
            num_words: size of the vocabulary.
            length: most words of a caption, start and end included.
            decoder: `width`, `depth`, `heads` and `dropout` of `Decoder`.
            seed: seed of the decoder's weights.

        Raises:
            KnowError: if the body has no feature map.
        """
        body = spatial_part(network.body)
        num_features, height, width = map_shape(body, image_size)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            head = Decoder(
                num_features=num_features,
                num_places=height * width,
                num_words=num_words,
                length=length,
                **decoder,
            )
        super().__init__(body, head)

    def forward(self, images_BCHW: Tensor, tokens_BL: Tensor) -> Tensor:
        """Return logits of the word after each word of the true captions.

        Args:
            images_BCHW: inputs.
            tokens_BL: captions that begin with the start token. Later words do not
                affect the logits of earlier ones.

        Returns:
            Logits of shape (batch, L, words); those at place l predict word l + 1.
        """
        logits_BLV: Tensor = self.head(self.features(images_BCHW), tokens_BL)
        return logits_BLV

    @torch.no_grad()
    def generate(
        self, images_BCHW: Tensor, *, length: int, start: int, end: int, pad: int
    ) -> Tensor:
        """Write captions greedily, always with the likeliest next word.

        Args:
            images_BCHW: inputs.
            length: words after which a caption is cut, `start` and `end` included.
            start: first token of a caption.
            end: last token of a caption.
            pad: token that fills a caption up behind `end`.

        Returns:
            Tokens of shape (batch, length), int64.
        """
        features_BPF = self.features(images_BCHW)
        tokens_BL = torch.full(
            (len(images_BCHW), length), pad, device=images_BCHW.device
        )
        tokens_BL[:, 0] = start
        is_done_B = torch.zeros_like(tokens_BL[:, 0], dtype=torch.bool)
        for place in range(1, length):
            logits_BLV = self.head(features_BPF, tokens_BL[:, :place])
            words_B = logits_BLV[:, -1].argmax(1).masked_fill(is_done_B, pad)
            tokens_BL[:, place] = words_B
            is_done_B |= words_B == end
            if is_done_B.all():
                break
        return tokens_BL

    def features(self, images_BCHW: Tensor) -> Tensor:
        """Return what the decoder sees, shape (batch, places, features)."""
        features_BPF: Tensor = self.body(images_BCHW).flatten(2).transpose(1, 2)
        return features_BPF


class _TokensAsMap(nn.Module):
    """Reshape the tokens of a square of patches, row by row, to a map."""

    def forward(self, tokens_BTC: Tensor) -> Tensor:
        batch, tokens, channels = tokens_BTC.shape
        side = math.isqrt(tokens)
        return tokens_BTC.transpose(1, 2).reshape(batch, channels, side, side)


def spatial_part(body: nn.Module) -> nn.Module:
    """Return the layers of a classifier's body up to its pooling.

    They map (batch, 3, height, width) to (batch, channels, height', width'), and share
    the body's weights under the same names.
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
    """Return channels, height and width of the map that a spatial part makes."""
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    was_training = body.training
    body.eval()  # keeps running statistics as they are
    device = next(body.parameters()).device
    channels, height, width = body(torch.zeros(1, 3, *size, device=device)).shape[1:]
    body.train(was_training)
    return channels, height, width
