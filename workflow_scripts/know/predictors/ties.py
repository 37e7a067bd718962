"""TIES: several task vectors, trimmed, and merged where their signs agree."""

import torch
from torch import Tensor

from know.predictors.contract import check_number, checked_history, finished
from know.predictors.updates import check_reach, cumulative_updates

# Shape suffix: K candidates; further dimensions are the weight's.


def predict(
    history: Tensor,
    *,
    horizon: int = 1,
    rate: float = 0.5,
    kind: str = "conv",
    fraction: float = 0.2,
    alpha: float = 1.0,
) -> Tensor:
    """Add the mean of the large updates that share each weight's elected sign.

    Source: Yadav et al. (arXiv 2306.01708) and its code, with the candidates of
    MagMax; beyond the paper's own baselines. Deviation: trimmed tensor by tensor, as
    mergekit does, and a sign that no vote settles is positive.

    Args:
        history: weights, shape (stages >= 2, ...), oldest knowledge first.
        horizon: n, stages to extrapolate and count of candidates; below the stages.
        rate: share of the samples that each stage keeps; not used.
        kind: of the tensor; all are treated alike.
        fraction: share of each candidate's entries that trimming leaves, in (0, 1]; as
            in the original, one entry more than its whole number.
        alpha: step size.

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history or an option is wrong, or the outcome not finite.
    """
    checked = checked_history(history, method="ties", horizon=horizon, rate=rate)
    check_number(fraction, above=0, up_to=1, method="ties", option="fraction")
    check_reach(checked, method="ties", horizon=horizon)
    candidates = cumulative_updates(checked, horizon)
    updates_K = torch.stack([_trimmed(update, fraction) for update in candidates])
    sign = updates_K.sum(0).sign()
    vote = sign.sum().sign()
    sign = torch.where(sign == 0, torch.where(vote == 0, 1.0, vote), sign)
    agrees_K = updates_K.sign() == sign
    merged = (updates_K * agrees_K).sum(0) / agrees_K.sum(0).clamp(min=1)
    return finished(checked[-1] + alpha * merged, history, method="ties")


def _trimmed(update: Tensor, fraction: float) -> Tensor:
    """The update with its small entries set to zero."""
    kept = int(update.numel() * fraction)
    if kept == update.numel():
        return update
    sizes = update.abs()
    threshold = sizes.flatten().kthvalue(update.numel() - kept).values
    return torch.where(sizes >= threshold, update, 0.0)
