"""Whole networks: predict every tensor that can be, copy the others."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from know.errors import KnowError, raise_all
from know.predictors.contract import is_bad
from know.weights.checkpoint import State
from know.weights.kinds import KINDS, PREDICTED_KINDS, is_transposed

NO_TRAJECTORY = "do not make a trajectory"
"""Heading of the problems that stages have with each other."""


def predict_state(
    stages: Sequence[Mapping[str, Tensor]],
    kinds: Mapping[str, str],
    predictor: Callable[..., Tensor],
    *,
    horizon: int,
    rate: float,
) -> State:
    """Predict a network's next weights from how it forgot.

    Source: the paper predicts kernels and biases; norm layers and buffers are
    Theta_0's here, where the authors' script leaves them at their initial values.

    Args:
        stages: state dicts, Theta_0 first, then the first forgetting stage, and so on.
        kinds: conv, fc, bias, norm or buffer for every tensor.
        predictor: called as `predictor(history, horizon=, rate=, kind=)`, such as an
            entry of `PREDICTORS` with its options bound.
        horizon: stages to extrapolate.
        rate: share of the samples that each stage keeps.

    Returns:
        A state dict with the keys, shapes and dtypes of Theta_0's.

    Raises:
        KnowError: naming each tensor that has no kind, is missing from a stage, has
            another shape or dtype there, or is not finite; or whatever the
            predictor refuses, with the tensor's name.
    """
    problems = layout_problems(stages, kinds) + value_problems(stages)
    raise_all(problems, f"the stages {NO_TRAJECTORY}")
    base = stages[0]
    predicted: State = {}
    for name in base:
        history = torch.stack([stage[name].detach() for stage in reversed(stages)])
        predicted[name] = predict_tensor(
            name,
            history,
            predictor,
            kind=kinds[name],
            horizon=horizon,
            rate=rate,
            transposed=is_transposed(name, base),
        )
    return predicted


def predict_tensor(
    name: str,
    history: Tensor,
    predictor: Callable[..., Tensor],
    *,
    kind: str,
    horizon: int,
    rate: float,
    transposed: bool = False,
) -> Tensor:
    """Predict one tensor of a network, or copy Theta_0's.

    A tensor is copied if its kind is not predicted, or if it never moved: a method that
    shrinks weights would move one that the training had frozen.

    Args:
        name: name of the tensor, for messages.
        history: shape (stages, ...), oldest knowledge first, all values finite.
        predictor: as in `predict_state`.
        kind: conv, fc, bias, norm or buffer.
        horizon: stages to extrapolate.
        rate: share of the samples that each stage keeps.
        transposed: whether the tensor is a matrix that counts inputs first.

    Returns:
        A tensor of its own, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: whatever the predictor refuses, with the tensor's name.
    """
    if kind not in PREDICTED_KINDS or all(map(history[-1].equal, history[:-1])):
        return history[-1].clone()
    (prediction,) = predict_moving(
        name,
        history,
        [partial(predictor, horizon=horizon, rate=rate, kind=kind)],
        transposed=transposed,
    )
    return prediction


def predict_moving(
    name: str,
    history: Tensor,
    predictors: Iterable[Callable[[Tensor], Tensor]],
    *,
    transposed: bool = False,
) -> list[Tensor]:
    """Predict a tensor that moves, or a window of it, by several predictors.

    Args:
        name: name of the tensor, for messages.
        history: shape (stages, ...), oldest knowledge first, all values finite.
        predictors: all that they need bound but the history.
        transposed: whether it is a matrix that counts inputs first.
    """
    shape = history.shape[1:]
    if transposed:
        history = history.mT.contiguous()
    # A scalar as a vector of one.
    history = history if shape else history[:, None]
    try:
        predictions = [predictor(history) for predictor in predictors]
        for prediction in predictions:
            _check_prediction(prediction, history[-1])
    except KnowError as error:
        raise KnowError(f"{name!r}: {error}") from error
    return [
        prediction.mT.contiguous() if transposed else prediction.reshape(shape)
        for prediction in predictions
    ]


def _check_prediction(prediction: Tensor, newest: Tensor) -> None:
    """Refuse what a predictor from elsewhere may give."""
    if (prediction.shape, prediction.dtype) != (newest.shape, newest.dtype):
        raise KnowError(
            f"wanted a prediction of shape {tuple(newest.shape)}, {newest.dtype}; "
            f"the predictor gave {tuple(prediction.shape)}, {prediction.dtype}"
        )
    if is_bad(prediction):
        raise KnowError("the predictor gave NaN or infinite values")


def layout_problems(
    stages: Sequence[Mapping[str, Tensor]], kinds: Mapping[str, str]
) -> list[str]:
    """Tell why stages, Theta_0 first, are no trajectory whatever their values.

    Raises:
        KnowError: if there are fewer than two stages.
    """
    if len(stages) < 2:
        raise KnowError(f"a prediction needs stages >= 2, got {len(stages)}")
    base = stages[0]
    problems = [f"{name!r} has no kind" for name in base if name not in kinds]
    problems += [
        f"{name!r} is of kind {kinds[name]!r}, wanted one of {', '.join(KINDS)}"
        for name in base
        if name in kinds and kinds[name] not in KINDS
    ]
    problems += [
        f"{name!r} is of kind {kinds[name]!r} but {value.dtype}, not a float"
        for name, value in base.items()
        if kinds.get(name) in PREDICTED_KINDS and not value.dtype.is_floating_point
    ]
    for index, stage in enumerate(stages):
        problems += [f"stage {index}: {problem}" for problem in _misfits(stage, base)]
    return problems


def value_problems(stages: Sequence[Mapping[str, Tensor]]) -> list[str]:
    """List the tensors of each stage that are not finite, one line each."""
    return [
        f"stage {index}: {name!r} has NaN or infinite values"
        for index, stage in enumerate(stages)
        for name, value in stage.items()
        if name in stages[0] and is_bad(value)
    ]


def _misfits(stage: Mapping[str, Tensor], base: Mapping[str, Tensor]) -> list[str]:
    problems = [f"{name!r} is missing" for name in base if name not in stage]
    problems += [f"{name!r} is not in stage 0" for name in stage if name not in base]
    problems += [
        f"{name!r} has shape {tuple(stage[name].shape)}, {stage[name].dtype}; "
        f"stage 0 has {tuple(wanted.shape)}, {wanted.dtype}"
        for name, wanted in base.items()
        if name in stage
        and (stage[name].shape, stage[name].dtype) != (wanted.shape, wanted.dtype)
    ]
    return problems
