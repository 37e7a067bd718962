"""WNN: KNOWN's network on histories brought to one scale, weight by weight."""

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
    """Shift and scale each weight's history, add the residual, scale and shift back.

    Source: the weight nowcaster network of the same first author (Jang et al., ICML
    2023), beyond the paper's own baselines. Its hyper-models are trained on scaled
    histories; KNOWN's own do not serve it.

    Args:
        history: weights, shape (stages, ...), oldest knowledge first, with at least
            as many stages as the hyper-model takes; of more, the newest are used.
        horizon: stages to extrapolate, one after another.
        rate: share of the samples that each stage keeps; the network does not see it.
        kind: of the tensor: conv, fc or bias.
        models: the hyper-model of each kind.

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history is wrong or shorter than the hyper-model's, there is
            no hyper-model for `kind`, or the outcome is not finite.
    """
    checked = checked_history(history, method="wnn", horizon=horizon, rate=rate)
    model = model_for(kind, models, checked, method="wnn")

    def step(window_S: Tensor) -> Tensor:
        oldest = window_S[0]
        width = 2 * (window_S.amax(0) - window_S.amin(0) + 1e-8 + 1e-5)
        scaled_S = (window_S - oldest) / width
        return (scaled_S[-1] + residual_of(model, scaled_S)) * width + oldest

    prediction = iterated(step, checked[-model.stages :], horizon)
    return finished(prediction, history, method="wnn")
