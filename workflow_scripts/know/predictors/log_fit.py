"""LogFit: a logarithm through each weight's stages."""

import math

from torch import Tensor

from know.predictors.contract import check_option, checked_history, finished
from know.predictors.regression import abscissae, extrapolate_fit

_AXES = ("stage", "size")


def predict(
    history: Tensor,
    *,
    horizon: int = 1,
    rate: float = 0.5,
    kind: str = "conv",
    axis: str = "stage",
    anchored: bool = False,
    mode: str = "direct",
) -> Tensor:
    """Follow the least-squares curve a + b ln x of each weight.

    Source: baseline LogFit of Jang et al. (arXiv 2508.05059), which does not say what
    the axis is. The first stage is 1; on the axis `size` this is LinearFit over stages.

    Args:
        history: weights, shape (stages >= 2, ...), oldest knowledge first.
        horizon: stages to extrapolate.
        rate: share of the samples that each stage keeps; cancels out.
        kind: of the tensor; all are treated alike.
        axis: x: `stage` or `size`; the logarithm of `log_size` does not exist.
        anchored: whether to add the curve's change to Theta_0.
        mode: `direct` or `iterate` (append each prediction, drop the oldest).

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history or an option is wrong, or the outcome not finite.
    """
    checked = checked_history(history, method="log_fit", horizon=horizon, rate=rate)
    check_option(axis, _AXES, method="log_fit", option="axis")

    def positions(n: int) -> list[float]:
        if axis == "size":
            return abscissae("log_size", stages=len(checked), horizon=n, rate=rate)
        stages = abscissae("stage", stages=len(checked), horizon=n, rate=rate)
        return [math.log(stage) for stage in stages]

    prediction = extrapolate_fit(
        checked,
        method="log_fit",
        horizon=horizon,
        positions=positions,
        anchored=anchored,
        mode=mode,
    )
    return finished(prediction, history, method="log_fit")
