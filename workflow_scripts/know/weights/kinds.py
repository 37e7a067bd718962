"""Kinds of tensor, told apart by name, shape and dtype alone.

Names and shapes are all that a checkpoint of any origin has, so one function serves
networks, stores and files, and a tensor is of one kind wherever it is met.
"""

import re
from collections.abc import Mapping
from typing import Literal, get_args

from torch import Tensor

Kind = Literal["conv", "fc", "bias", "norm", "buffer"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PREDICTED_KINDS: tuple[Kind, ...] = ("conv", "fc", "bias")

# Patterns of the last part of a tensor's name, but for the norm layer's: of the part
# before it. All in small letters.
_NORM_LAYER = re.compile(r"norm(?!al)|(^|_)(ln|bn|gn|grn)(_|\d|$)")
_BUFFER = re.compile(
    r"running_(mean|var)|num_batches_tracked"
    r"|.*inv_freq|(cos|sin)_cache(d)?|freqs_cis|relative_coords_table"
    r"|(.*_)?mask|masked_bias|(.*_)?queue|center|cluster_size|ema_.*|_extra_state"
)
_BIAS = re.compile(r"(.*_)?bias(es)?|bias_[a-z]+(_l\d+)?(_reverse)?")
_EMBEDDING = re.compile(
    r".*(tokens?|embed|embeddings?|positions?|pos|prompts?|queries|latents?|registers?"
    r"|position_bias_table)"
)
_PACKED = re.compile(
    r"q(weight|zeros)|g_idx|absmax|quant_map|weight_packed|_packed_params|packed_weight"
    r"|quant_state.*|weight_scale(_inv)?|scb|weight_format"
)


def tensor_kinds(layout: Mapping[str, Tensor]) -> dict[str, Kind]:
    """Tell the kind of every tensor of a state dict, in its order.

    Source: Jang et al. (arXiv 2508.05059) give convolutions, linear layers and biases
    a hypernetwork each; the paper leaves norm layers and buffers out. Decision 34.

    Args:
        layout: tensors by name, of which only shapes and dtypes are used.
    """
    return {name: kind for name, (kind, _) in explained_kinds(layout).items()}


def explained_kinds(layout: Mapping[str, Tensor]) -> dict[str, tuple[Kind, str]]:
    """Tell the kind of every tensor, and why; see `tensor_kinds`."""
    parts = {name: name.rpartition(".") for name in layout}
    scaled = {
        parent
        for name, (parent, _, last) in parts.items()
        if last == "weight" and layout[name].ndim <= 1
    }
    return {
        name: _explained(parent, last, layout[name], is_scaled=parent in scaled)
        for name, (parent, _, last) in parts.items()
    }


def _explained(
    parent: str, last: str, value: Tensor, *, is_scaled: bool
) -> tuple[Kind, str]:
    """Kind of one tensor; `is_scaled` tells that the `weight` beside it is a vector."""
    layer, last = parent.rpartition(".")[2].lower(), last.lower()
    is_vector = sum(length > 1 for length in value.shape) <= 1
    if not value.dtype.is_floating_point:
        return "buffer", "not of floating point"
    if _BUFFER.fullmatch(last):
        return "buffer", "a buffer by its name"
    if _NORM_LAYER.search(layer):
        return "norm", "of a norm layer by its name"
    if is_scaled and last in {"weight", "bias"}:
        return "norm", "of a layer that scales by a vector"
    if last in {"gamma", "beta"} and is_vector:
        return "norm", "scale or shift by its name"
    if _BIAS.fullmatch(last):
        return "bias", "a bias by its name"
    if _EMBEDDING.fullmatch(last):
        return "fc", "an embedding by its name"
    if value.ndim <= 1 or (is_vector and last != "weight" and "lora" not in last):
        return "norm", "a vector that is no bias, such as a layer scale"
    if "experts" in parent.split(".") and value.ndim == 3:
        return "fc", "matrices of experts"
    if value.ndim == 2:
        return "fc", "2 dimensions"
    return "conv", f"{value.ndim} dimensions"


def is_transposed(name: str, layout: Mapping[str, Tensor]) -> bool:
    """Tell whether a matrix counts inputs first, as a `Conv1D` of transformers does.

    Its bias says how many outputs it has. A square matrix is taken as it is.
    """
    parent, _, last = name.rpartition(".")
    bias = layout.get(f"{parent}.bias" if parent else "bias")
    shape = layout[name].shape
    if last != "weight" or len(shape) != 2 or bias is None:
        return False
    return shape[0] != shape[1] and tuple(bias.shape) == (shape[1],)


def packed_problems(layout: Mapping[str, Tensor]) -> list[str]:
    """Name each tensor that holds quantised or packed weights, one line each."""
    return [
        f"{name!r} ({str(value.dtype).removeprefix('torch.')}) holds quantised or "
        "packed weights"
        for name, value in layout.items()
        if _is_packed(name.rpartition(".")[2].lower(), value)
    ]


def _is_packed(last: str, value: Tensor) -> bool:
    # Eight bits and less are no dtype of weights that one can add to each other.
    if value.dtype.is_floating_point and value.dtype.itemsize == 1:
        return True
    return bool(_PACKED.fullmatch(last)) or (
        last == "weight" and value.ndim >= 2 and not value.dtype.is_floating_point
    )
