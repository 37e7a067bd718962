"""WNN: KNOWN's network on histories brought to one scale, weight by weight."""

from collections.abc import Mapping

from torch import Tensor

from know.hypernetwork.wnn import Wnn, scale
from know.predictors.contract import checked_history, finished, iterated
from know.predictors.hyper_models import model_for

# Shape suffix: S stages, oldest knowledge first; further dimensions are the weight's.


def predict(
    history: Tensor,
    *,
    horizon: int = 1,
    rate: float = 0.5,
    kind: str = "conv",
    models: Mapping[str, Wnn] | None = None,
) -> Tensor:
    """Shift and scale each weight's history, add the residual, scale and shift back.

    Source: the weight nowcaster network of the same first author (Jang et al., ICML
    2023), beyond the paper's own baselines; see `know.hypernetwork.wnn`. Deviation: for
    biases their code adds the residual to the weight as it was before scaling.

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
            no hyper-model of WNN's for `kind`, or the outcome is not finite.
    """
    checked = checked_history(history, method="wnn", horizon=horizon, rate=rate)
    model = model_for(kind, models, checked, method="wnn")

    def step(window_S: Tensor) -> Tensor:
        scaled_NS, width_N, offset_N = scale(window_S.flatten(1).T)
        scaled_N = scaled_NS[:, -1] + model.residual(scaled_NS).to(scaled_NS)
        return (scaled_N * width_N + offset_N).reshape(window_S.shape[1:])

    prediction = iterated(step, checked[-model.stages :], horizon)
    return finished(prediction, history, method="wnn")
