"""Training examples for KNOWN: a window of stages, and the weight that came next."""

from collections.abc import Iterator

import torch
from torch import Tensor

from know.store.read import Trajectory
from know.weights.kinds import Kind

# Shape suffixes: N weights, S stages of a window (oldest knowledge first), T stages
# of a trajectory (stage 0, all data, first).


def windows_of(
    trajectory: Trajectory, kind: Kind, *, stages: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """All windows of one trajectory, with the next stage towards more data.

    Source: the authors' seven stages hold two windows of five: stages 6..2 with
    target 1, and 5..1 with target 0.

    Args:
        trajectory: an open store of more than `stages` stages.
        kind: which tensors.
        stages: length S of a window.

    Yields:
        Histories (weights, S), oldest knowledge first, and targets (weights,); at most
        about a million weights at a time.
    """
    if kind not in trajectory.lengths:
        return
    for window_TN in trajectory.windows(kind):
        oldest_first_TN = window_TN.flip(0)
        for start in range(len(oldest_first_TN) - stages):
            history_SN = oldest_first_TN[start : start + stages]
            yield history_SN.T, oldest_first_TN[start + stages]


def sample(
    history_NS: Tensor, target_N: Tensor, *, most: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """At most `most` weights of a window, drawn without replacement."""
    if len(target_N) <= most:
        return history_NS, target_N
    chosen = torch.randperm(len(target_N), generator=generator)[:most]
    return history_NS[chosen], target_N[chosen]
