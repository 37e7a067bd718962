"""The predicted tensors of a state dict as one vector, and back."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from know.errors import KnowError
from know.weights.checkpoint import State
from know.weights.kinds import PREDICTED_KINDS

# Shape suffix: P weights of all predicted tensors, in the order of the state dict.


def predicted_names(state: Mapping[str, Tensor], kinds: Mapping[str, str]) -> list[str]:
    """Names of the tensors that methods predict, in the order of `state`."""
    return [name for name in state if kinds[name] in PREDICTED_KINDS]


def predicted_vector(state: Mapping[str, Tensor], kinds: Mapping[str, str]) -> Tensor:
    """Lay the predicted tensors end to end.

    Args:
        state: tensors by name.
        kinds: kind of each of them.

    Returns:
        Shape (P,), float32.
    """
    return torch.cat(
        [
            state[name].detach().reshape(-1).float()
            for name in predicted_names(state, kinds)
        ]
    )


def with_vector(
    state: Mapping[str, Tensor], kinds: Mapping[str, str], vector_P: Tensor
) -> State:
    """A state whose predicted tensors hold a vector's values.

    Args:
        state: shapes and dtypes, and the tensors that are not predicted.
        kinds: kind of each tensor.
        vector_P: as `predicted_vector` lays it out.

    Raises:
        KnowError: if the vector has another length.
    """
    changed = dict(state)
    for name, values in tensors_in(vector_P, state, kinds):
        changed[name] = values.reshape(state[name].shape).to(state[name].dtype)
    return changed


def tensors_in(
    vector_P: Tensor, state: Mapping[str, Tensor], kinds: Mapping[str, str]
) -> Iterator[tuple[str, Tensor]]:
    """Yield the name of each predicted tensor with its part of a vector.

    Raises:
        KnowError: if the vector has another length.
    """
    names = predicted_names(state, kinds)
    sizes = [state[name].numel() for name in names]
    if vector_P.shape != (sum(sizes),):
        raise KnowError(
            f"wanted a vector of the {sum(sizes)} predicted weights, got one of shape "
            f"{tuple(vector_P.shape)}"
        )
    yield from zip(names, torch.split(vector_P, sizes), strict=True)
