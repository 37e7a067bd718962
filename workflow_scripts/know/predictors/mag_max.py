"""MagMax: of several task vectors, each weight's largest."""

import torch
from torch import Tensor

from know.predictors.contract import check_option, checked_history, finished
from know.predictors.updates import check_reach, cumulative_updates, step_updates

_CANDIDATES = ("cumulative", "increment", "normalised")


def predict(
    history: Tensor,
    *,
    horizon: int = 1,
    rate: float = 0.5,
    kind: str = "conv",
    candidates: str = "cumulative",
    alpha: float = 1.0,
) -> Tensor:
    """Add to each weight the update of largest magnitude; of equals, the later one.

    Source: baseline MagMax of Jang et al. (arXiv 2508.05059) after Marczak et al.
    (arXiv 2407.06322).

    Args:
        history: weights, shape (stages >= 2, ...), oldest knowledge first.
        horizon: n, stages to extrapolate and count of candidates; below the stages.
        rate: share of the samples that each stage keeps; not used.
        kind: of the tensor; all are treated alike.
        candidates: `cumulative` (Theta_0 - Theta_k), `increment` (Theta_(k-1) -
            Theta_k) or `normalised` (n / k of the cumulative ones), k = 1 .. n.
        alpha: step size.

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history or an option is wrong, or the outcome not finite.
    """
    checked = checked_history(history, method="mag_max", horizon=horizon, rate=rate)
    check_option(candidates, _CANDIDATES, method="mag_max", option="candidates")
    check_reach(checked, method="mag_max", horizon=horizon)
    updates = (
        step_updates(checked, horizon)
        if candidates == "increment"
        else cumulative_updates(checked, horizon)
    )
    if candidates == "normalised":
        updates = [horizon / k * update for k, update in enumerate(updates, start=1)]
    largest = updates[0]
    for update in updates[1:]:
        largest = torch.where(update.abs() >= largest.abs(), update, largest)
    return finished(checked[-1] + alpha * largest, history, method="mag_max")
