"""AR(1): one ratio of successive steps for each tensor, and steps continued by it."""

import torch
from torch import Tensor

from know.predictors.contract import checked_history, finished

# Shape suffixes: S stages, oldest knowledge first; further dimensions are the weight's.

_RATIOS = (-1.0, 1.5)
_AT_REST = 1e-24
"""Squared length of steps below which a tensor counts as not moving."""


def predict(
    history: Tensor,
    *,
    horizon: int = 1,
    rate: float = 0.5,
    kind: str = "conv",
) -> Tensor:
    """Add the last step times rho + .. + rho^n, rho fitted to the tensor's own steps.

    Source: an autoregression of first order, which needs no meta-data: each step as
    rho times the one before it, by least squares over all of a tensor's weights. Exact
    for steps that grow or shrink geometrically, rho within [-1, 1.5]. Beyond the
    paper's own baselines.

    Args:
        history: weights, shape (stages >= 2, ...), oldest knowledge first; with two
            stages, and so no ratio, the prediction is Theta_0.
        horizon: n, stages to extrapolate.
        rate: share of the samples that each stage keeps; not used.
        kind: of the tensor; all are treated alike.

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history is wrong, or the outcome not finite.
    """
    checked_S = checked_history(history, method="ar1", horizon=horizon, rate=rate)
    ratio = step_ratio(checked_S)
    factor: float = sum(ratio**j for j in range(1, horizon + 1))
    prediction = checked_S[-1] + factor * (checked_S[-1] - checked_S[-2])
    return finished(prediction, history, method="ar1")


def step_ratio(history_S: Tensor) -> float:
    """Rho: how a tensor's step compares to the step before it.

    Args:
        history_S: weights, shape (stages, ...), any float dtype.

    Returns:
        The ratio, in [-1, 1.5]; 0 for a tensor that does not move.
    """
    products, squares = 0.0, 0.0
    # Step by step, so that only two stages are widened at a time.
    for older, middle, newer in zip(
        history_S[:-2], history_S[1:-1], history_S[2:], strict=True
    ):
        before = (middle.double() - older).flatten()
        after = (newer.double() - middle).flatten()
        products += float(torch.dot(before, after))
        squares += float(torch.dot(before, before))
    if squares < _AT_REST:
        return 0.0
    lowest, highest = _RATIOS
    return min(max(products / squares, lowest), highest)
