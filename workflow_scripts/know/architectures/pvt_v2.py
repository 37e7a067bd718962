"""The paper's Pyramid Vision Transformer v2, in timm's form."""

import logging
from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import timm
from timm.models.pvt_v2 import PyramidVisionTransformerV2
from torch import nn

from know.architectures.layers import expect_unscaled_inputs, load_start
from know.architectures.network import ImageSize, Network
from know.weights.tensor_reader import read_tensors

log = logging.getLogger("know")

READS_NON_SQUARE = True
STARTS = {
    "weights": {
        "timm": "https://huggingface.co/timm/pvt_v2_{variant}.in1k/resolve/main/"
        "model.safetensors"
    }
}
OPTIONS = {
    "variant": {"enum": ["b0", "b1", "b2", "b3", "b4", "b5"], "default": "b0"},
    "stages": {
        "type": ["array", "null"],
        "minItems": 1,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["width", "depth", "heads", "expansion"],
            "multiple_of": {"width": "heads"},
            "properties": {
                "width": {"type": "integer", "minimum": 1},
                "depth": {"type": "integer", "minimum": 1},
                "heads": {"type": "integer", "minimum": 1},
                "expansion": {"type": "integer", "minimum": 1},
            },
        },
    },
    "weights": {"type": ["string", "null"]},
}

_FIRST_REDUCTION = 8


def pvt_v2(
    *,
    num_classes: int,
    image_size: ImageSize,
    variant: str = "b0",
    stages: Sequence[Mapping[str, int]] | None = None,
    weights: str | None = None,
) -> Network:
    """A transformer over overlapping patches, with ever fewer and wider tokens.

    Source: Wang et al. (arXiv 2106.13797) in the form of timm's `pvt_v2`. Their spatial
    reductions of keys and values, 8, 4, 2, 1, are limited to the side of a stage's map,
    so that images smaller than 32 pixels work too. The body has 3,409,760 weights in
    `b0`, 24,849,856 in `b2`. Decision 24.

    Options:
        variant: `b0` to `b5`, the published widths and depths.
        stages: for each stage, instead of the variant's, the `width` of a token, a
            multiple of `heads`; `depth`, its number of blocks; `heads` of an attention;
            `expansion`, the width of the inner dense layer in widths of a token. Each
            stage but the first halves height and width.
        weights: weights to start from instead of random ones: a safetensors file of a
            timm state dict. In a config also `timm`, for those that timm publishes
            (ImageNet), or an address. Their head is used if it has `num_classes`
            outputs.
    """
    features = _features(variant, stages or (), image_size)
    network = Network(
        nn.Sequential(features, nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        num_features=features.num_features,
        num_classes=num_classes,
    )
    # A network on `meta` has names and shapes only, and nothing to load into.
    if weights is not None and not features.patch_embed.proj.weight.is_meta:
        _load(features, network.head, weights)
        expect_unscaled_inputs(features)
    return network


def _features(
    variant: str, stages: Sequence[Mapping[str, int]], image_size: ImageSize
) -> PyramidVisionTransformerV2:
    """Make timm's network without pooling and head."""
    side = image_size if isinstance(image_size, int) else min(image_size)
    sides = [ceil(side / (4 * 2**stage)) for stage in range(len(stages) or 4)]
    arguments: dict[str, Any] = {
        "sr_ratios": [
            max(1, min(_FIRST_REDUCTION >> stage, side))
            for stage, side in enumerate(sides)
        ],
    }
    if stages:
        arguments |= {
            "embed_dims": [stage["width"] for stage in stages],
            "depths": [stage["depth"] for stage in stages],
            "num_heads": [stage["heads"] for stage in stages],
            "mlp_ratios": [stage["expansion"] for stage in stages],
        }
    model = timm.create_model(
        f"pvt_v2_{variant}", num_classes=0, global_pool="", **arguments
    )
    assert isinstance(model, PyramidVisionTransformerV2)
    return model


def _load(features: nn.Module, head: nn.Module, weights: str) -> None:
    """Load timm's weights, and of their head those that are as wide as ours."""
    source, state = f"pvt-v2: weights {weights!r}", read_tensors(Path(weights))
    theirs = {name: state.pop(name) for name in list(state) if name.startswith("head.")}
    outputs = len(head.state_dict()["weight"])
    if len(theirs.get("head.weight", ())) == outputs:
        theirs = {n.removeprefix("head."): value for n, value in theirs.items()}
        load_start(head, theirs, source)
    else:
        log.info("%s, a head of %d random outputs", source, outputs)
    load_start(features, state, source)
