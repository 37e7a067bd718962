"""State dicts as one flat float32 vector per kind of tensor, and back."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from know.errors import raise_all
from know.weights.checkpoint import State
from know.weights.kinds import KINDS, Kind

_LARGEST_EXACT_INTEGER = 2**24


@dataclass(frozen=True, kw_only=True)
class TensorEntry:
    """Name, type and place of one tensor in the vector of its kind."""

    name: str
    kind: Kind
    offset: int
    """Index of the tensor's first value within the vector of its kind."""
    shape: tuple[int, ...]
    dtype: str
    """Name of the torch dtype, such as `float32`."""

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def window(self) -> slice:
        """Place of the tensor in the vector of its kind."""
        return slice(self.offset, self.offset + self.size)


def tensor_table(
    state: Mapping[str, Tensor], kinds: Mapping[str, Kind]
) -> list[TensorEntry]:
    """Lay the tensors of each kind end to end, in the order of `state`.

    Args:
        state: a state dict of which only names, shapes and dtypes are used.
        kinds: kind of each of its tensors, from `tensor_kinds`.

    Returns:
        One entry per tensor, in the order of `state`.

    Raises:
        KnowError: naming each tensor without a kind and each kind without a tensor.
    """
    problems = [f"{name!r} has no kind" for name in state if name not in kinds]
    problems += [f"{name!r} is not in the state" for name in kinds if name not in state]
    raise_all(problems, "the kinds do not fit the state dict")
    lengths = dict.fromkeys(KINDS, 0)
    table = []
    for name, value in state.items():
        entry = TensorEntry(
            name=name,
            kind=kinds[name],
            offset=lengths[kinds[name]],
            shape=tuple(value.shape),
            dtype=str(value.dtype).removeprefix("torch."),
        )
        lengths[entry.kind] += entry.size
        table.append(entry)
    return table


def vector_lengths(table: Sequence[TensorEntry]) -> dict[Kind, int]:
    """Give the length of each kind's vector, in KINDS' order, for kinds that occur."""
    occurring = {entry.kind for entry in table}
    return {
        kind: sum(entry.size for entry in table if entry.kind == kind)
        for kind in KINDS
        if kind in occurring
    }


def flatten(
    state: Mapping[str, Tensor], table: Sequence[TensorEntry]
) -> dict[Kind, Tensor]:
    """Lay `state` out as one vector per kind.

    Args:
        state: tensors by name that have no `layout_problems`.
        table: the layout, from `tensor_table`.

    Returns:
        A 1-d float32 copy for each kind in `table`, on the tensors' device.
    """
    return {
        kind: torch.cat(
            [
                state[entry.name].detach().reshape(-1).to(torch.float32)
                for entry in table
                if entry.kind == kind
            ]
        )
        for kind in vector_lengths(table)
    }


def unflatten(vectors: Mapping[Kind, Tensor], table: Sequence[TensorEntry]) -> State:
    """Undo `flatten`.

    Args:
        vectors: a 1-d tensor of the right length for each kind in `table`.
        table: the layout, from `tensor_table`.

    Returns:
        Copies of the tensors, in the order, shapes and dtypes of `table`.
    """
    return {
        entry.name: vectors[entry.kind][entry.window]
        .reshape(entry.shape)
        .to(getattr(torch, entry.dtype), copy=True)
        for entry in table
    }


def layout_problems(
    state: Mapping[str, Tensor], table: Sequence[TensorEntry]
) -> list[str]:
    """List each tensor by which `state` differs from the layout of `table`."""
    wanted = {entry.name for entry in table}
    problems = [f"{name!r} is not in the table" for name in state if name not in wanted]
    for entry in table:
        value = state.get(entry.name)
        if value is None:
            problems.append(f"{entry.name!r} is missing")
            continue
        dtype = str(value.dtype).removeprefix("torch.")
        if (tuple(value.shape), dtype) != (entry.shape, entry.dtype):
            problems.append(
                f"{entry.name!r} has shape {tuple(value.shape)}, {dtype}, "
                f"wanted {entry.shape}, {entry.dtype}"
            )
        elif problem := _inexact_in_float32(value):
            problems.append(f"{entry.name!r} {problem}")
    return problems


def _inexact_in_float32(value: Tensor) -> str | None:
    """Say why float32 cannot hold `value` exactly, if it cannot."""
    if value.is_complex():
        return "is complex; only real tensors can be stored"
    if value.numel() == 0 or value.dtype == torch.bool:
        return None
    if not value.dtype.is_floating_point:
        least, most = (int(bound) for bound in torch.aminmax(value))
        if max(most, -least) > _LARGEST_EXACT_INTEGER:
            return f"reaches {max(most, -least)}; float32 counts exactly up to 2^24"
    elif value.dtype == torch.float64 and not torch.equal(
        value.float().double().nan_to_num(), value.nan_to_num()
    ):
        return "is float64 with values that float32 would round"
    return None
