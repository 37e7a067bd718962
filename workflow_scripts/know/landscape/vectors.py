"""The predicted tensors of a state dict as one vector, and back."""

from collections.abc import Mapping

import torch
from torch import Tensor

from know.weights.checkpoint import State
from know.weights.kinds import PREDICTED_KINDS

# Shape suffix: P weights of all predicted tensors, in the order of the state dict.


def predicted_names(state: Mapping[str, Tensor], kinds: Mapping[str, str]) -> list[str]:
    """Names of the tensors that methods predict, in the order of `state`."""
    return [name for name in state if kinds[name] in PREDICTED_KINDS]


def predicted_vector(state: Mapping[str, Tensor], kinds: Mapping[str, str]) -> Tensor:
    """Lay the predicted tensors end to end, shape (P,), float32."""
    names = predicted_names(state, kinds)
    return torch.cat([state[name].detach().reshape(-1).float() for name in names])


def tensors_in(
    vector_P: Tensor, state: Mapping[str, Tensor], kinds: Mapping[str, str]
) -> State:
    """Part of a vector that belongs to each predicted tensor, in its shape and dtype.

    Args:
        vector_P: as `predicted_vector` lays it out.
        state: tensors of which only names, shapes and dtypes are used.
        kinds: kind of each of them.
    """
    values = {name: state[name] for name in predicted_names(state, kinds)}
    parts = torch.split(vector_P, [value.numel() for value in values.values()])
    return {
        name: part.reshape(value.shape).to(value.dtype)
        for (name, value), part in zip(values.items(), parts, strict=True)
    }
