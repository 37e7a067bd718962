"""Linear-meta: the next stage as a meta-learned combination of steps and weight."""

from collections.abc import Mapping

from torch import Tensor

from know.hypernetwork.linear_meta import LinearMeta
from know.predictors.contract import checked_history, finished
from know.predictors.heads import predict_ahead
from know.predictors.hyper_models import model_for

# Shape suffix: S stages, oldest knowledge first; further dimensions are the weight's.


def predict(
    history: Tensor,
    *,
    horizon: int = 1,
    rate: float = 0.5,
    kind: str = "conv",
    models: Mapping[str, LinearMeta] | None = None,
) -> Tensor:
    """Add what the hyper-model's head for that horizon says is missing.

    Source: per-layer optimal linear extrapolation; see
    `know.hypernetwork.linear_meta.LinearMeta`.

    Args:
        history: weights, shape (stages, ...), oldest knowledge first, with at least
            as many stages as the hyper-model takes; of more, the newest are used.
        horizon: stages to extrapolate; beyond the farthest head it is iterated.
        rate: share of the samples that each stage keeps.
        kind: of the tensor: conv, fc or bias.
        models: the hyper-model of each kind.

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history is wrong or shorter than the hyper-model's, there is
            no hyper-model for `kind`, or the outcome is not finite.
    """
    checked = checked_history(history, method="linear_meta", horizon=horizon, rate=rate)
    model = model_for(kind, models, checked, method="linear_meta")
    prediction = predict_ahead(model, checked, horizon=horizon, rate=rate)
    return finished(prediction, history, method="linear_meta")
