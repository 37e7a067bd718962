"""Prediction by a hyper-model that reaches several stages ahead at once."""

import torch
from torch import Tensor

from know.hypernetwork.hyper_model import HyperModel
from know.hypernetwork.tensor_facts import facts_of_history

# Shape suffixes: S stages, oldest knowledge first; N weights, T weights of a tile, H
# horizons.

_TILE = 2**16


@torch.no_grad()
def predict_ahead(
    model: HyperModel, history_S: Tensor, *, horizon: int, rate: float
) -> Tensor:
    """The stage `horizon` ahead by the model's own head for it.

    Beyond the farthest head the model goes on from its own predictions.

    Args:
        model: on the device of `history_S`.
        history_S: one tensor's weights, shape (stages, ...), of at least as many stages
            as the model sees; of more, the newest are used.
        horizon: stages to extrapolate.
        rate: share of the samples that each stage keeps.

    Returns:
        The predicted weights, shape (...), of the dtype of `history_S`.
    """
    window_S = history_S[-model.stages :]
    while horizon > model.horizons:
        ahead_HS = _ahead(model, window_S, rate=rate)
        window_S = torch.cat([window_S, ahead_HS])[-model.stages :]
        horizon -= model.horizons
    return _ahead(model, window_S, rate=rate)[horizon - 1]


def _ahead(model: HyperModel, window_S: Tensor, *, rate: float) -> Tensor:
    """All stages that the model's heads predict, nearest first, shape (H, ...)."""
    facts = facts_of_history(window_S, rate=rate)
    parameter = next(model.parameters())
    rows_NS = window_S.flatten(1).T
    residuals = [
        model.ahead(rows_TS.to(parameter), facts).T.to(window_S)
        for rows_TS in torch.split(rows_NS, _TILE)
    ]
    residual_HN = torch.cat(residuals, dim=1)
    return window_S[-1] + residual_HN.reshape(model.horizons, *window_S.shape[1:])
