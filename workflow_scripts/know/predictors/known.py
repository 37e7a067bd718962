"""KNOWN: the hyper-model's residual on top of Theta_0, stage by stage."""

from collections.abc import Mapping

from torch import Tensor

from know.hypernetwork.network import Known
from know.predictors.contract import checked_history, finished, iterated
from know.predictors.hyper_models import model_for, residual_of

# Shape suffix: S stages, oldest knowledge first; further dimensions are the weight's.


def predict(
    history: Tensor,
    *,
    horizon: int = 1,
    rate: float = 0.5,
    kind: str = "conv",
    models: Mapping[str, Known] | None = None,
) -> Tensor:
    """Add KNOWN's residual; for a further stage append, drop the oldest, repeat.

    Source: Eq. 4, 5 and section 4.6 of Jang et al. (arXiv 2508.05059).

    Args:
        history: weights, shape (stages, ...), oldest knowledge first, with at least
            as many stages as the hyper-model takes; of more, the newest are used.
        horizon: stages to extrapolate.
        rate: share of the samples that each stage keeps; the network does not see it.
        kind: of the tensor: conv, fc or bias.
        models: the hyper-model of each kind.

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history is wrong or shorter than the hyper-model's, there is
            no hyper-model of KNOWN's for `kind`, or the outcome is not finite.
    """
    checked = checked_history(history, method="known", horizon=horizon, rate=rate)
    model = model_for(kind, models, checked, method="known")

    def step(window_S: Tensor) -> Tensor:
        return window_S[-1] + residual_of(model, window_S)

    prediction = iterated(step, checked[-model.stages :], horizon)
    return finished(prediction, history, method="known")
