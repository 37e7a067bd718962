"""Whole networks: predict every tensor that can be, copy the others."""

import logging
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from know.errors import KnowError, raise_all
from know.predictors.controls import base_norms, random_direction, same_norms
from know.randomness import seed_for
from know.weights.checkpoint import State
from know.weights.kinds import KINDS, PREDICTED_KINDS

log = logging.getLogger("know")

CONTROLS = ("same-norms", "base-norms", "random-direction")


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
    if len(stages) < 2:
        raise KnowError(f"a prediction needs stages >= 2, got {len(stages)}")
    raise_all(_problems(stages, kinds), "the stages do not make a trajectory")
    base = stages[0]
    predicted: State = {}
    for name, value in base.items():
        if kinds[name] not in PREDICTED_KINDS:
            predicted[name] = value.detach().clone()
            continue
        history = torch.stack([stage[name].detach() for stage in reversed(stages)])
        try:
            predicted[name] = _predict_tensor(
                history, predictor, horizon=horizon, rate=rate, kind=kinds[name]
            )
        except KnowError as error:
            raise KnowError(f"{name!r}: {error}") from error
    _log_copies(base, kinds)
    return predicted


def apply_control(
    name: str,
    base_state: Mapping[str, Tensor],
    predicted_state: Mapping[str, Tensor],
    kinds: Mapping[str, str],
    *,
    seed: int,
) -> State:
    """Replace each predicted tensor by a control of it.

    Args:
        name: `same-norms` (Theta_0 at the prediction's norms), `base-norms` (the
            prediction at Theta_0's norms) or `random-direction` (a random step of the
            prediction's length).
        base_state: Theta_0.
        predicted_state: what a method predicted from it.
        kinds: conv, fc, bias, norm or buffer for every tensor.
        seed: of the random steps; each tensor draws from a generator of its own.

    Returns:
        A state dict; tensors that are not predicted are as in `predicted_state`.

    Raises:
        KnowError: if the control is unknown; naming each tensor that has no kind, is
            missing from one state, differs in shape or dtype, or is not finite,
            before or after.
    """
    if name not in CONTROLS:
        raise KnowError(f"wanted a control, {', '.join(CONTROLS)}; got {name!r}")
    states = [base_state, predicted_state]
    raise_all(_problems(states, kinds), "the states cannot be compared")
    controlled: State = {}
    for tensor, base in base_state.items():
        prediction = predicted_state[tensor]
        if kinds[tensor] not in PREDICTED_KINDS:
            controlled[tensor] = prediction.detach().clone()
        elif name == "same-norms":
            controlled[tensor] = same_norms(base.detach(), prediction.detach())
        elif name == "base-norms":
            controlled[tensor] = base_norms(base.detach(), prediction.detach())
        else:
            generator = torch.Generator().manual_seed(seed_for(seed, tensor))
            controlled[tensor] = random_direction(
                base.detach(), prediction.detach(), generator=generator
            )
    raise_all(
        [f"{t!r} is not finite" for t, value in controlled.items() if _is_bad(value)],
        f"the control {name} overflows",
    )
    return controlled


def _predict_tensor(
    history: Tensor,
    predictor: Callable[..., Tensor],
    *,
    horizon: int,
    rate: float,
    kind: str,
) -> Tensor:
    """Predict one tensor, a scalar as a vector of one."""
    shape = history.shape[1:]
    if not shape:
        history = history[:, None]
    prediction = predictor(history, horizon=horizon, rate=rate, kind=kind)
    newest = history[-1]
    if (prediction.shape, prediction.dtype) != (newest.shape, newest.dtype):
        raise KnowError(
            f"wanted a prediction of shape {tuple(newest.shape)}, {newest.dtype}; "
            f"the predictor gave {tuple(prediction.shape)}, {prediction.dtype}"
        )
    if _is_bad(prediction):
        raise KnowError("the predictor gave NaN or infinite values")
    return prediction.reshape(shape)


def _problems(
    stages: Sequence[Mapping[str, Tensor]], kinds: Mapping[str, str]
) -> list[str]:
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


def _misfits(stage: Mapping[str, Tensor], base: Mapping[str, Tensor]) -> list[str]:
    problems = [f"{name!r} is missing" for name in base if name not in stage]
    problems += [f"{name!r} is not in stage 0" for name in stage if name not in base]
    for name, wanted in base.items():
        found = stage.get(name, wanted)
        if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
            problems.append(
                f"{name!r} has shape {tuple(found.shape)}, {found.dtype}; "
                f"stage 0 has {tuple(wanted.shape)}, {wanted.dtype}"
            )
        if _is_bad(found):
            problems.append(f"{name!r} has NaN or infinite values")
    return problems


def _is_bad(value: Tensor) -> bool:
    return not bool(torch.isfinite(value).all())


def _log_copies(base: Mapping[str, Tensor], kinds: Mapping[str, str]) -> None:
    for kind in KINDS:
        names = [name for name in base if kinds[name] == kind]
        if names and kind not in PREDICTED_KINDS:
            log.info(
                "copied %d tensors from Theta_0, of kind %s, which is not predicted: "
                "%s",
                len(names),
                kind,
                ", ".join(names),
            )
