"""The predicted tensors of a state dict as one vector, and distances between them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from know.weights.checkpoint import State
from know.weights.kinds import PREDICTED_KINDS

# Shape suffixes: P weights of all predicted tensors, in the order of the state dict; K
# weights of one kind.

ALL = "predicted"
"""Name of all predicted kinds together."""


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


@dataclass(frozen=True, kw_only=True)
class Offset:
    """Position of weights of one kind between a base and the truth."""

    kind: str
    distance: float
    """|weights - truth| / |base - truth|."""
    step: float
    """|weights - base| / |truth - base|."""
    cosine: float | None
    """Cosine of (weights - base) and (truth - base); None without a step."""


def offsets(
    weights: State, *, base: State, truth: State, kinds: Mapping[str, str]
) -> Iterator[Offset]:
    """Compare weights with the truth, per kind and then for all predicted kinds.

    Args:
        weights: a prediction, or anything of its layout.
        base: Theta_0.
        truth: weights of more data.
        kinds: kind of each tensor.

    Yields:
        One offset for each kind in which base and truth differ; summed in float64.
    """
    names = predicted_names(base, kinds)
    of_kind = {k: [n for n in names if kinds[n] == k] for k in PREDICTED_KINDS}
    for kind, members in [*of_kind.items(), (ALL, names)]:
        if not members:
            continue
        base_K = _vector(base, members)
        step_K = _vector(weights, members) - base_K
        true_K = _vector(truth, members) - base_K
        step, true = float(step_K.norm()), float(true_K.norm())
        if true:
            yield Offset(
                kind=kind,
                distance=float((step_K - true_K).norm()) / true,
                step=step / true,
                cosine=float(step_K @ true_K) / (step * true) if step else None,
            )


def _vector(state: State, names: Sequence[str]) -> Tensor:
    return torch.cat([state[name].detach().double().reshape(-1) for name in names])
