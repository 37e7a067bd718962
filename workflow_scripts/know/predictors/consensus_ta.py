"""ConsensusTA: only the weights that most task vectors agree to change."""

import torch
from torch import Tensor

from know.predictors.contract import (
    check_number,
    check_option,
    checked_history,
    finished,
)
from know.predictors.updates import check_reach, cumulative_updates, sum_of

_BASES = ("tv", "sum", "mean")


def predict(
    history: Tensor,
    *,
    horizon: int = 1,
    rate: float = 0.5,
    kind: str = "conv",
    base: str = "tv",
    threshold: float = 0.4,
    alpha: float = 1.0,
) -> Tensor:
    """Add the update to the weights that a majority of the task vectors mark.

    Task vector k marks a weight where |tau_k| > threshold * |sum of the others|. With
    fewer than three vectors there is no majority: this is TaskVector then.

    Source: baseline ConsensusTA of Jang et al. (arXiv 2508.05059) after Wang et al.
    (arXiv 2405.07813).

    Args:
        history: weights, shape (stages >= 2, ...), oldest knowledge first.
        horizon: n, stages to extrapolate and count of vectors; below the stages.
        rate: share of the samples that each stage keeps; not used.
        kind: of the tensor; all are treated alike.
        base: the update that is masked: `tv` (tau_n), `sum` or `mean` of all n.
        threshold: how far a vector must stand out.
        alpha: step size.

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history or an option is wrong, or the outcome not finite.
    """
    method = "consensus_ta"
    checked = checked_history(history, method=method, horizon=horizon, rate=rate)
    check_option(base, _BASES, method=method, option="base")
    check_number(threshold, above=0, method=method, option="threshold")
    check_reach(checked, method=method, horizon=horizon)
    updates = cumulative_updates(checked, horizon)
    update = updates[-1]
    if horizon >= 3:
        total = sum_of(updates)
        marks = marked(updates, threshold).sum(dim=0)
        update = {"tv": update, "sum": total, "mean": total / horizon}[base]
        update = torch.where(marks > horizon // 2, update, 0.0)
    return finished(checked[-1] + alpha * update, history, method=method)


def marked(updates: list[Tensor], threshold: float) -> Tensor:
    """Which weights each task vector marks, shape (vectors, ...), true or false."""
    total = sum_of(updates)
    return torch.stack(
        [update.abs() > threshold * (total - update).abs() for update in updates]
    )
