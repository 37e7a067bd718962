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
    """Kind of every entry of `network.state_dict()`, in its order.

    A parameter of a normalization layer is `norm`; of the others, one named bias or
    with at most one dimension is `bias`, one with two dimensions is `fc`, one with
    more is `conv`. What is no parameter is a `buffer`. The name of a class never
    counts.

    Source: Jang et al. (arXiv 2508.05059) give convolutions, linear layers and biases
    a hyper-model each; the paper leaves norm layers and buffers out.

    Args:
        network: any module; only the shapes of its tensors are looked at.

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
            kinds[prefix + name] = _parameter_kind(module, name, parameter)
        for name, _ in module.named_buffers(recurse=False, remove_duplicate=False):
            kinds[prefix + name] = "buffer"
    entries = list(network.state_dict())
    raise_all(
        [name for name in entries if name not in kinds],
        "entries of the state dict that are neither parameter nor buffer",
    )
    return {name: kinds[name] for name in entries}


def _parameter_kind(module: nn.Module, name: str, parameter: Tensor) -> Kind:
    if is_norm(module):
        return "norm"
    return _kind_of_shape(name, parameter)


def _kind_of_shape(name: str, parameter: Tensor) -> Kind:
    if name == "bias" or parameter.ndim <= 1:
        return "bias"
    return "fc" if parameter.ndim == 2 else "conv"


def inferred_kinds(layout: Mapping[str, Tensor]) -> dict[str, Kind]:
    """Kind of every tensor of a checkpoint whose network is not at hand.

    What has at most one dimension and is named `weight` is `norm`, and so is the `bias`
    beside it; running statistics, counts and whatever is no float are `buffer`. Of the
    others, one named bias or with at most one dimension is `bias`, one with two
    dimensions is `fc`, one with more is `conv`.

    Args:
        layout: tensors by name; only their shapes and dtypes are looked at.
    """

    def parent_of(name: str) -> str:
        return name.rpartition(".")[0]

    norms = {
        parent_of(name)
        for name, value in layout.items()
        if name.rpartition(".")[2] == "weight" and value.ndim <= 1
    }
    kinds: dict[str, Kind] = {}
    for name, value in layout.items():
        last = name.rpartition(".")[2]
        if last in _BUFFER_NAMES or not value.dtype.is_floating_point:
            kinds[name] = "buffer"
        elif last in {"weight", "bias"} and parent_of(name) in norms:
            kinds[name] = "norm"
        else:
            kinds[name] = _kind_of_shape(last, value)
    return kinds


def is_norm(module: nn.Module) -> bool:
    """Whether `module` normalises: Batch-, Instance-, Layer-, Group- or RMSNorm."""
    return isinstance(module, _NORM_LAYERS)
