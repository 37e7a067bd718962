"""NiNo-MLP: a network's residuals for several stages ahead, at its tensor's scale."""

from collections.abc import Mapping

import torch
from torch import Tensor

from know.errors import KnowError
from know.hypernetwork.nino import NinoMlp
from know.hypernetwork.tensor_facts import facts_of_history
from know.predictors.contract import check_number, checked_history, finished
from know.predictors.hyper_models import model_for

# Shape suffixes: S stages, oldest knowledge first; N weights, T weights of a tile, K
# outputs of the network, H stages ahead; further dimensions are the weight's.

_TILE = 2**14


def predict(
    history: Tensor,
    *,
    horizon: int = 1,
    rate: float = 0.5,
    kind: str = "conv",
    models: Mapping[str, NinoMlp] | None = None,
    step: int = 1,
    average: int = 0,
    scale: float = 1.0,
) -> Tensor:
    """Add the network's output for that horizon; what lies beyond is iterated.

    Source: Knyazev et al. (arXiv 2409.04434), see `know.hypernetwork.nino.NinoMlp`;
    `average` and `scale` after its authors' merging of models. Beyond the paper's own
    baselines.

    Args:
        history: weights, shape (stages, ...), oldest knowledge first, with at least
            as many stages as the hyper-model takes; of more, the newest are used.
        horizon: n, stages to extrapolate.
        rate: share of the samples that each stage keeps; the network does not see it.
        kind: of the tensor: conv, fc or bias.
        models: the hyper-model of each kind.
        step: outputs of the network that make up one stage: the prediction is output
            n * step, counted from 1.
        average: a stage is the mean of so many first outputs instead, and n > 1 is
            iterated; 0 for `step`.
        scale: how much of what the network adds is added.

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history is wrong or shorter than the hyper-model's, there is
            no hyper-model of NiNo-MLP's for `kind`, an option is wrong, or the outcome
            is not finite.
    """
    checked_S = checked_history(history, method="nino_mlp", horizon=horizon, rate=rate)
    check_number(scale, above=0, method="nino_mlp", option="scale")
    model = model_for(kind, models, checked_S, method="nino_mlp")
    mix_HK = scale * _stages_of_outputs(model.horizons, step=step, average=average)
    window_S = checked_S[-model.stages :]
    while horizon > len(mix_HK):
        ahead_H = _ahead(model, window_S, mix_HK, rate=rate)
        window_S = torch.cat([window_S, ahead_H])[-model.stages :]
        horizon -= len(mix_HK)
    prediction = _ahead(model, window_S, mix_HK[horizon - 1 : horizon], rate=rate)[0]
    return finished(prediction, history, method="nino_mlp")


def _stages_of_outputs(outputs: int, *, step: int, average: int) -> Tensor:
    """Weight of each output in each stage that one pass reaches, shape (H, K)."""
    if average and step != 1:
        raise KnowError(
            f"nino_mlp takes either a step or an average, got step {step} and average "
            f"{average}"
        )
    for option, value, least in (("step", step, 1), ("average", average, 0)):
        if not least <= value <= outputs:
            raise KnowError(
                f"nino_mlp needs {option} in [{least}, {outputs}] for this hyper-model "
                f"of {outputs} outputs, got {value}"
            )
    if average:
        return (torch.arange(outputs) < average)[None].double() / average
    return torch.eye(outputs, dtype=torch.float64)[step - 1 :: step]


@torch.no_grad()
def _ahead(model: NinoMlp, window_S: Tensor, mix_HK: Tensor, *, rate: float) -> Tensor:
    """The newest stage and what mixed outputs add to it, shape (H, ...)."""
    facts = facts_of_history(window_S, rate=rate)
    parameter = next(model.parameters())
    mix_KH = mix_HK.T.to(parameter)
    residual_HN = torch.cat(
        [
            (model.ahead(rows_TS.to(parameter), facts) @ mix_KH).T.to(window_S)
            for rows_TS in torch.split(window_S.flatten(1).T, _TILE)
        ],
        dim=1,
    )
    return window_S[-1] + residual_HN.reshape(len(mix_HK), *window_S.shape[1:])
