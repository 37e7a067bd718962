"""Shrink: Theta_0 made smaller, with no regard to how it forgets."""

from torch import Tensor

from know.predictors.contract import check_number, checked_history, finished


def predict(
    history: Tensor,
    *,
    horizon: int = 1,
    rate: float = 0.5,
    kind: str = "conv",
    factor: float = 0.9,
) -> Tensor:
    """Scale Theta_0 by factor^horizon.

    Source: none in the paper. KNOWN mostly shrinks, and a smaller weight before a
    normalization layer learns faster downstream, so a plain shrink is the row that
    a method has to beat.

    Args:
        history: weights, shape (stages >= 2, ...), oldest knowledge first; only the
            last stage counts.
        horizon: stages to extrapolate.
        rate: share of the samples that each stage keeps; not used.
        kind: of the tensor; all are treated alike.
        factor: per stage, above 0.

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history or the factor is wrong, or the outcome not finite.
    """
    checked = checked_history(history, method="shrink", horizon=horizon, rate=rate)
    check_number(factor, above=0, method="shrink", option="factor")
    return finished(checked[-1] * factor**horizon, history, method="shrink")
