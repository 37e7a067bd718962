"""How far would each method step, and does it find a Theta_0 that it is not shown?"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from know.errors import KnowError
from know.predictors.assemble import predict_state
from know.store.describe import ALL_PREDICTED
from know.store.read import Trajectory
from know.weights.flatten import TensorEntry
from know.weights.kinds import PREDICTED_KINDS

# Shape suffix: S stages, stage 0 first; further dimensions are one tensor's.

HORIZONS = (1, 2, 3)
BACK_TEST_STAGES = 3
"""Least stages of a back-test: one to hide and two to predict it from."""

Method = Callable[..., Tensor]
"""An entry of `PREDICTORS`, its hyper-models bound."""


@dataclass(frozen=True, kw_only=True)
class MethodStep:
    """Where a method goes from Theta_0, over all predicted tensors together."""

    method: str
    horizon: int
    step_ratio: float | None
    """Length of the step over the norm of Theta_0; None where the method refuses."""
    norm_ratio: float | None
    """Norm of the prediction over that of Theta_0."""
    cosine: float | None
    """Cosine of the step to the last one that was seen, Theta_0 - Theta_1."""
    norm_ratios: dict[str, float | None]
    """The norm ratio of each kind of tensor."""
    refusal: str | None
    """Why the method makes no prediction; None where it does."""


@dataclass(frozen=True, kw_only=True)
class BackTest:
    """How far a method misses Theta_0 where it is shown only what comes after."""

    method: str
    error: float | None
    """|prediction - Theta_0| over |Theta_1 - Theta_0|, all predicted tensors together:
    1 is as good as copying Theta_1. None where the method refuses, or Theta_1 is
    Theta_0."""
    errors: dict[str, float | None]
    """The same for each kind of tensor."""
    refusal: str | None
    """Why the method makes no prediction; None where it does."""


@dataclass(frozen=True, kw_only=True)
class _Question:
    method: str
    horizon: int
    is_back_test: bool


_Sums = dict[str, Tensor]
"""Sums over the coordinates of each kind, and of all together."""


def measure_methods(
    trajectory: Trajectory, methods: Mapping[str, Method], *, rate: float
) -> tuple[tuple[MethodStep, ...], tuple[BackTest, ...]]:
    """Let every method predict at each horizon, and once more with Theta_0 hidden.

    Args:
        trajectory: an open store of two stages or more; read tensor by tensor, so that
            memory is a few times that of the largest tensor over all stages.
        methods: by name.
        rate: share of the samples that each stage keeps.

    Returns:
        A step for each method and horizon, and a back-test for each method; no
        back-test where there are fewer than three stages.

    Raises:
        KnowError: if the store lacks a value. A method's own refusal is a result.
    """
    asked = [
        _Question(method=method, horizon=horizon, is_back_test=False)
        for method in methods
        for horizon in HORIZONS
    ]
    if trajectory.num_stages >= BACK_TEST_STAGES:
        asked += [
            _Question(method=method, horizon=1, is_back_test=True) for method in methods
        ]
    sums: dict[_Question, _Sums] = {question: {} for question in asked}
    refusals: dict[_Question, str] = {}
    for entry in trajectory.table:
        if entry.kind not in PREDICTED_KINDS or not entry.size:
            continue
        history_S = _read_history(trajectory, entry)
        for question in asked:
            if question in refusals:
                continue
            try:
                found = _sums(question, methods, history_S, entry, rate=rate)
            except KnowError as error:
                refusals[question] = str(error).splitlines()[0]
                continue
            for kind in (entry.kind, ALL_PREDICTED):
                sums[question][kind] = sums[question].get(kind, 0) + found
    steps = [
        _step(question, sums[question], refusals.get(question))
        for question in asked
        if not question.is_back_test
    ]
    tests = [
        _back_test(question, sums[question], refusals.get(question))
        for question in asked
        if question.is_back_test
    ]
    return tuple(steps), tuple(tests)


def _read_history(trajectory: Trajectory, entry: TensorEntry) -> Tensor:
    """One tensor over all stages, in the dtype of its checkpoint."""
    window_SN = trajectory.read_window(
        entry.kind, entry.window.start, entry.window.stop
    )
    dtype: torch.dtype = getattr(torch, entry.dtype)
    return window_SN.reshape(-1, *entry.shape).to(dtype)


def _sums(
    question: _Question,
    methods: Mapping[str, Method],
    history_S: Tensor,
    entry: TensorEntry,
    *,
    rate: float,
) -> Tensor:
    """One tensor's share of the sums that a question is answered from."""
    shown_S = history_S[1:] if question.is_back_test else history_S
    state = predict_state(
        [{entry.name: value} for value in shown_S],
        {entry.name: entry.kind},
        methods[question.method],
        horizon=question.horizon,
        rate=rate,
    )
    prediction = state[entry.name].double()
    start, first = history_S[0].double(), history_S[1].double()
    last_step, step = start - first, prediction - start
    vectors = [prediction, start, step, last_step]
    squares = [vector.square().sum() for vector in vectors]
    return torch.stack([*squares, (step * last_step).sum()])


def _step(question: _Question, sums: _Sums, refusal: str | None) -> MethodStep:
    found = {} if refusal else sums
    step_ratio = norm_ratio = cosine = None
    if ALL_PREDICTED in found:
        prediction, start, step, last_step, product = found[ALL_PREDICTED].tolist()
        step_ratio = _root_ratio(step, start)
        norm_ratio = _root_ratio(prediction, start)
        if lengths := math.sqrt(step) * math.sqrt(last_step):
            cosine = min(1.0, max(-1.0, product / lengths))
    return MethodStep(
        method=question.method,
        horizon=question.horizon,
        step_ratio=step_ratio,
        norm_ratio=norm_ratio,
        cosine=cosine,
        norm_ratios={
            kind: _root_ratio(*found[kind][:2].tolist()) for kind in _kinds_of(found)
        },
        refusal=refusal,
    )


def _back_test(question: _Question, sums: _Sums, refusal: str | None) -> BackTest:
    # The step from Theta_0 to the prediction is the error where Theta_0 was hidden.
    errors = {
        kind: _root_ratio(*found[2:4].tolist())
        for kind, found in ({} if refusal else sums).items()
    }
    return BackTest(
        method=question.method,
        error=errors.get(ALL_PREDICTED),
        errors={kind: errors[kind] for kind in _kinds_of(errors)},
        refusal=refusal,
    )


def _kinds_of(names: Iterable[str]) -> list[str]:
    return [kind for kind in PREDICTED_KINDS if kind in set(names)]


def _root_ratio(square: float, of: float) -> float | None:
    return math.sqrt(square / of) if of else None
