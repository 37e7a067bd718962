"""The paper's Pyramid Vision Transformer v2, in timm's form."""

import logging
from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import timm
from timm.models.pvt_v2 import PyramidVisionTransformerV2
from torch import Tensor, nn

from know.architectures.layers import expect_unscaled_inputs
from know.architectures.network import ImageSize, Network
from know.errors import raise_all
from know.weights.tensor_reader import open_tensors

log = logging.getLogger("know")

READS_NON_SQUARE = True
STARTS = ("weights",)
OPTIONS = {
    "variant": {"enum": ["b0", "b1", "b2", "b3", "b4", "b5"]},
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
            timm state dict, or `timm` for those that timm downloads (ImageNet). Their
            head is used if it has `num_classes` outputs.
    """
    features = _features(variant, stages or (), image_size)
    network = Network(
        nn.Sequential(features, nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        num_features=features.num_features,
        num_classes=num_classes,
    )
    # A network on `meta` has names and shapes only, and nothing to load into.
    if weights is not None and not features.patch_embed.proj.weight.is_meta:
        _load(network, weights, variant)
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


def _load(network: Network, weights: str, variant: str) -> None:
    """Load timm's weights, after a check of every name and shape."""
    own = network.state_dict()
    loaded = {
        name if name.startswith("head.") else f"body.0.{name}": value
        for name, value in _timm_state(weights, variant).items()
    }
    head = loaded.get("head.weight")
    if head is None or len(head) != len(own["head.weight"]):
        log.info(
            "pvt-v2: weights %s, a head of %d random outputs",
            weights,
            len(own["head.weight"]),
        )
        loaded |= {name: own[name] for name in ("head.weight", "head.bias")}
    problems = [f"{name} is missing" for name in own if name not in loaded]
    problems += [f"{name} is unknown" for name in loaded if name not in own]
    problems += [
        f"{name} has shape {tuple(loaded[name].shape)}, wanted {tuple(own[name].shape)}"
        for name in own
        if name in loaded and loaded[name].shape != own[name].shape
    ]
    raise_all(
        [problem.removeprefix("body.0.") for problem in problems],
        f"pvt-v2: weights {weights!r} are of another network",
    )
    network.load_state_dict(loaded)


def _timm_state(weights: str, variant: str) -> dict[str, Tensor]:
    if weights == "timm":
        model = timm.create_model(f"pvt_v2_{variant}", pretrained=True)
        return dict(model.state_dict())
    with open_tensors(Path(weights)) as reader:
        return {name: reader.read(name) for name in reader.layout}
