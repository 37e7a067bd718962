"""Prediction by a hypernetwork, for the methods that have one."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from know.errors import KnowError
from know.hypernetwork.base import Hypernetwork
from know.predictors.contract import checked

# Shape suffixes: S stages, oldest knowledge first, H horizons; further dimensions are
# the weight's.


def predict_by(network: type[Hypernetwork]) -> Callable[..., Tensor]:
    """Make the method that bears the name of a hypernetwork's architecture.

    It has two further arguments: `models`, the hypernetwork of each kind of tensor, and
    `step`, how many of the network's outputs make up one stage.
    """
    method = network.architecture

    @checked(method)
    def predict(
        history: Tensor,
        *,
        horizon: int,
        rate: float,
        kind: str,
        models: Mapping[str, Hypernetwork] | None = None,
        step: int = 1,
    ) -> Tensor:
        model = _model_for(kind, models or {}, method)
        if len(history) < model.stages:
            raise KnowError(
                f"needs weights of shape (stages >= {model.stages}, ...) for this "
                f"hypernetwork of kind {kind!r}, got {tuple(history.shape)}"
            )
        if not 1 <= step <= model.horizons:
            raise KnowError(
                f"needs step in [1, {model.horizons}] for this hypernetwork of "
                f"{model.horizons} outputs, got {step}"
            )
        return predict_ahead(model, history, horizon=horizon, rate=rate, step=step)

    return predict


def predict_ahead(
    model: Hypernetwork, history_S: Tensor, *, horizon: int, rate: float, step: int = 1
) -> Tensor:
    """Predict the stage `horizon` ahead by the model's own output for it.

    Beyond its farthest output the model goes on from its own predictions.

    Args:
        model: hypernetwork on the device of `history_S`.
        history_S: at least as many stages as the model sees; the newest are used.
        horizon: stages to extrapolate.
        rate: share of the samples that each stage keeps.
        step: outputs of the model that make up one stage.
    """
    window_S = history_S[-model.stages :]
    while True:
        ahead_H = model.extrapolate(window_S, rate=rate)[step - 1 :: step]
        if horizon <= len(ahead_H):
            return ahead_H[horizon - 1]
        window_S = torch.cat([window_S, ahead_H])[-model.stages :]
        horizon -= len(ahead_H)


def _model_for(
    kind: str, models: Mapping[str, Hypernetwork], wanted: str
) -> Hypernetwork:
    if kind not in models:
        raise KnowError(
            f"needs a hypernetwork for tensors of kind {kind!r}, "
            f"got {', '.join(models) or 'none at all'}"
        )
    if models[kind].architecture != wanted:
        raise KnowError(
            f"needs a hypernetwork of architecture {wanted!r} for tensors of kind "
            f"{kind!r}, got one of architecture {models[kind].architecture!r}"
        )
    return models[kind]
