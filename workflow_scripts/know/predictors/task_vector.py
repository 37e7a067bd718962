"""TaskVector: Theta_0 and, on its other side, what forgetting did to it."""

from torch import Tensor

from know.predictors.contract import checked_history, finished
from know.predictors.updates import task_vector_update


def predict(
    history: Tensor,
    *,
    horizon: int = 1,
    rate: float = 0.5,
    kind: str = "conv",
    reading: str = "mirror",
    alpha: float = 1.0,
    exponent: float = 0.5,
) -> Tensor:
    """Negate what was forgotten: Theta_0 + alpha (Theta_0 - Theta_n).

    Source: baseline TaskVector of Jang et al. (arXiv 2508.05059) after Ilharco et al.
    (arXiv 2212.04089); which vector stands for more than one stage is not said.

    Args:
        history: weights, shape (stages >= 2, ...), oldest knowledge first.
        horizon: n, stages to extrapolate; below the stages for `mirror` and `sum`.
        rate: share of the samples that each stage keeps; for `size` and `power`.
        kind: of the tensor; all are treated alike.
        reading: `mirror`, `scaled`, `sum`, `size` or `power`; see
            `know.predictors.updates.task_vector_update`.
        alpha: step size.
        exponent: of the reading `power`.

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history or an option is wrong, or the outcome not finite.
    """
    checked = checked_history(history, method="task_vector", horizon=horizon, rate=rate)
    update = task_vector_update(
        checked,
        method="task_vector",
        horizon=horizon,
        rate=rate,
        reading=reading,
        exponent=exponent,
    )
    return finished(checked[-1] + alpha * update, history, method="task_vector")
