"""Prediction by a hypernetwork, for the methods that have one."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from know.errors import KnowError
from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.tensor_facts import TensorFacts, facts_of_windows
from know.predictors.contract import Predictor, Windows, checked

# Shape suffixes: S stages, oldest knowledge first, H horizons; further dimensions are
# the weight's.


def predict_by(network: type[Hypernetwork]) -> Predictor:
    """Make the method that bears the name of a hypernetwork's architecture.

    It has two further arguments: `models`, the hypernetwork of each kind of tensor, and
    `step`, how many of the network's outputs make up one stage.
    """
    method = network.architecture

    def measure(
        windows: Windows,
        shape: Sequence[int],
        *,
        horizon: int,
        rate: float,
        kind: str,
        models: Mapping[str, Hypernetwork] | None = None,
        step: int = 1,
    ) -> list[TensorFacts | None]:
        model = _model_for(kind, models or {}, method, step)
        return facts_ahead(model, windows, shape, horizon=horizon, rate=rate, step=step)

    @checked(method, measure=measure)
    def predict(
        history: Tensor,
        *,
        horizon: int,
        rate: float,
        kind: str,
        facts: Sequence[TensorFacts | None],
        models: Mapping[str, Hypernetwork] | None = None,
        step: int = 1,
    ) -> Tensor:
        model = _model_for(kind, models or {}, method, step)
        return predict_ahead(model, history, facts, horizon=horizon, step=step)

    return predict


def facts_ahead(
    model: Hypernetwork,
    windows: Windows,
    shape: Sequence[int],
    *,
    horizon: int,
    rate: float,
    step: int = 1,
) -> list[TensorFacts | None]:
    """Measure the facts of a tensor that `predict_ahead` needs, one for each round.

    Args:
        model: hypernetwork on the device of the windows.
        windows: windows of the tensor.
        shape: shape of the tensor, outputs first.
        horizon: stages to extrapolate.
        rate: share of the samples that each stage keeps.
        step: outputs of the model that make up one stage.
    """
    facts: list[TensorFacts | None] = []
    while len(facts) * (model.horizons // step) < horizon:
        seen = (_gone_on(model, each, tuple(facts), step) for each in windows())
        facts.append(
            facts_of_windows(seen, shape, rate=rate) if model.sees_tensor else None
        )
    return facts


def predict_ahead(
    model: Hypernetwork,
    history_S: Tensor,
    facts: Sequence[TensorFacts | None],
    *,
    horizon: int,
    step: int = 1,
) -> Tensor:
    """Predict the stage `horizon` ahead by the model's own output for it.

    Beyond its farthest output the model goes on from its own predictions, in as many
    rounds as it takes.

    Args:
        model: hypernetwork on the device of `history_S`.
        history_S: a tensor or a window of it, at least as many stages as the model
            sees; the newest are used.
        facts: result of `facts_ahead`, for this horizon or a later one.
        horizon: stages to extrapolate.
        step: outputs of the model that make up one stage.
    """
    before, last = divmod(horizon - 1, model.horizons // step)
    window_S = _gone_on(model, history_S, facts[:before], step)
    return model.extrapolate(window_S, facts[before])[step - 1 :: step][last]


def _gone_on(
    model: Hypernetwork,
    history_S: Tensor,
    facts: Sequence[TensorFacts | None],
    step: int,
) -> Tensor:
    """Stages that the model sees after as many rounds as there are facts."""
    if len(history_S) < model.stages:
        raise KnowError(
            f"needs weights of shape (stages >= {model.stages}, ...) for this "
            f"hypernetwork, got {tuple(history_S.shape)}"
        )
    window_S = history_S[-model.stages :]
    for of_round in facts:
        ahead_H = model.extrapolate(window_S, of_round)[step - 1 :: step]
        window_S = torch.cat([window_S, ahead_H])[-model.stages :]
    return window_S


def _model_for(
    kind: str, models: Mapping[str, Hypernetwork], wanted: str, step: int
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
    outputs = models[kind].horizons
    if not 1 <= step <= outputs:
        raise KnowError(
            f"needs step in [1, {outputs}] for this hypernetwork of {outputs} outputs, "
            f"got {step}"
        )
    return models[kind]
