"""LinearFit: a line through each weight's stages."""

from torch import Tensor

from know.predictors.contract import check_option, checked_history, finished
from know.predictors.regression import AXES, abscissae, extrapolate_fit


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
    """Follow the least-squares line a + b x of each weight.

    Source: baseline LinearFit of Jang et al. (arXiv 2508.05059), which does not say
    what the axis is.

    Args:
        history: weights, shape (stages >= 2, ...), oldest knowledge first.
        horizon: stages to extrapolate.
        rate: share of the samples that each stage keeps; matters on the axis `size`.
        kind: of the tensor; all are treated alike.
        axis: x: `stage`, `size` (count of samples) or `log_size`.
        anchored: whether to add the line's change to Theta_0.
        mode: `direct` or `iterate` (append each prediction, drop the oldest).

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history or an option is wrong, or the outcome not finite.
    """
    checked = checked_history(history, method="linear_fit", horizon=horizon, rate=rate)
    check_option(axis, AXES, method="linear_fit", option="axis")
    prediction = extrapolate_fit(
        checked,
        method="linear_fit",
        horizon=horizon,
        positions=lambda n: abscissae(axis, stages=len(checked), horizon=n, rate=rate),
        anchored=anchored,
        mode=mode,
    )
    return finished(prediction, history, method="linear_fit")
