"""Distance and direction of weights to the true weights of more data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from know.landscape.vectors import predicted_names
from know.weights.checkpoint import State
from know.weights.kinds import PREDICTED_KINDS

# Shape suffix: K weights of one kind.

ALL = "predicted"
"""Name of all predicted kinds together."""


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
