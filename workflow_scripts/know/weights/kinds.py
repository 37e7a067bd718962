"""Kinds of tensor, told apart by the tensor and the module that holds it."""

from collections.abc import Mapping
from typing import Literal, get_args

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from know.errors import raise_all

Kind = Literal["conv", "fc", "bias", "norm", "buffer"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PREDICTED_KINDS: tuple[Kind, ...] = ("conv", "fc", "bias")

_NORM_LAYERS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
_BUFFER_NAMES = {"running_mean", "running_var", "num_batches_tracked"}


def tensor_kinds(network: nn.Module) -> dict[str, Kind]:
    """Tell the kind of every entry of `network.state_dict()`, in its order.

    A parameter of a normalization layer is `norm`. Any other parameter is `bias` if it
    has that name or at most one dimension, `fc` if it has two dimensions, `conv` if it
    has more. An entry that is not a parameter is a `buffer`.

    Source: Jang et al. (arXiv 2508.05059) give convolutions, linear layers and biases
    a hypernetwork each; the paper leaves norm layers and buffers out.

    Args:
        network: any module; only the shapes of its tensors are used.

    Returns:
        The kind by name.

    Raises:
        KnowError: naming each entry that is neither parameter nor buffer.
    """
    kinds: dict[str, Kind] = {}
    for path, module in network.named_modules(remove_duplicate=False):
        prefix = f"{path}." if path else ""
        for name, parameter in module.named_parameters(
            recurse=False, remove_duplicate=False
        ):
            kinds[prefix + name] = (
                "norm" if is_norm(module) else _kind_of_shape(name, parameter)
            )
        for name, _ in module.named_buffers(recurse=False, remove_duplicate=False):
            kinds[prefix + name] = "buffer"
    entries = list(network.state_dict())
    raise_all(
        [name for name in entries if name not in kinds],
        "entries of the state dict that are neither parameter nor buffer",
    )
    return {name: kinds[name] for name in entries}


def _kind_of_shape(name: str, parameter: Tensor) -> Kind:
    if name == "bias" or parameter.ndim <= 1:
        return "bias"
    return "fc" if parameter.ndim == 2 else "conv"


def inferred_kinds(layout: Mapping[str, Tensor]) -> dict[str, Kind]:
    """Guess the kind of every tensor of a checkpoint without its network.

    A `weight` of at most one dimension is `norm`, and so is the `bias` beside it.
    Running statistics, counts and tensors of integers are `buffer`. All others go by
    name and dimensions, as in `tensor_kinds`.

    Args:
        layout: tensors by name, of which only shapes and dtypes are used.
    """
    parts = {name: name.rpartition(".") for name in layout}
    norms = {
        parent
        for name, (parent, _, last) in parts.items()
        if last == "weight" and layout[name].ndim <= 1
    }
    kinds: dict[str, Kind] = {}
    for name, (parent, _, last) in parts.items():
        value = layout[name]
        if last in _BUFFER_NAMES or not value.dtype.is_floating_point:
            kinds[name] = "buffer"
        elif last in {"weight", "bias"} and parent in norms:
            kinds[name] = "norm"
        else:
            kinds[name] = _kind_of_shape(last, value)
    return kinds


def is_norm(module: nn.Module) -> bool:
    """Tell whether `module` is a Batch-, Instance-, Layer-, Group- or RMSNorm."""
    return isinstance(module, _NORM_LAYERS)
