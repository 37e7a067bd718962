"""How far would each method step, and does it find a Theta_0 that it is not shown?"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from know.errors import KnowError
from know.predictors import PREDICTORS
from know.predictors.assemble import predict_tensor
from know.predictors.methods import bound_method, files_in, needs_hypernetwork
from know.predictors.stages import stages_in
from know.shipped import SHIPPED
from know.store.describe import ALL_PREDICTED
from know.store.read import Trajectory
from know.weights.kinds import PREDICTED_KINDS, is_transposed

# Shape suffix: S stages, oldest knowledge first; further dimensions are one tensor's.

HORIZONS = (1, 2, 3)
BACK_TEST_STAGES = 3
"""Fewest stages of a back-test: one to hide and two to predict it from."""

Method = Callable[..., Tensor]
"""An entry of `PREDICTORS`, its hypernetworks bound."""

_BACK_TEST = 0
"""Stands in place of a horizon for the back-test."""
_Sums = dict[str, Tensor]
"""Sums over the coordinates of each kind, and of all together."""


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
    """Errors of a method that predicts a hidden Theta_0 from the later stages."""

    method: str
    error: float | None
    """|prediction - Theta_0| over |Theta_1 - Theta_0|, all predicted tensors together:
    1 is as good as copying Theta_1. None where the method refuses, or Theta_1 is
    Theta_0."""
    errors: dict[str, float | None]
    """The same for each kind of tensor."""
    refusal: str | None
    """Why the method makes no prediction; None where it does."""


def usable_methods(
    folder: Path | None, *, kinds: Collection[str]
) -> tuple[dict[str, Method], tuple[str, ...]]:
    """Methods by name, and the names of those that lack hypernetworks.

    Args:
        folder: holds `{method}_{kind}.safetensors`; None for the package's own.
        kinds: kinds of the tensors to predict.

    Raises:
        KnowError: if the folder holds no hypernetwork of any method, or one that is
            damaged or says that it is for another kind.
    """
    methods: dict[str, Method] = {}
    for name in PREDICTORS:
        files = {}
        if needs_hypernetwork(name):
            wanted = files_in(folder or SHIPPED, name)
            files = {k: p for k, p in wanted.items() if k in kinds and p.is_file()}
            if not files:
                continue
        methods[name] = bound_method(
            name, options={}, hypernetworks=files, device=torch.device("cpu")
        )
    left_out = tuple(name for name in PREDICTORS if name not in methods)
    if folder and left_out and not any(map(needs_hypernetwork, methods)):
        raise KnowError(
            f"wanted hypernetworks in {folder}, found none of "
            f"{', '.join(f'{name}_KIND.safetensors' for name in left_out)} "
            f"for kinds {', '.join(kinds)}"
        )
    return methods, left_out


def measure_methods(
    trajectory: Trajectory, methods: Mapping[str, Method], *, rate: float
) -> tuple[list[MethodStep], list[BackTest]]:
    """Let every method predict at each horizon, and once more with Theta_0 hidden.

    The store is read tensor by tensor: memory is a few times that of the largest
    tensor over all stages. There is no back-test of fewer than three stages.

    Args:
        trajectory: an open store of two stages or more.
        methods: methods by name.
        rate: share of the samples that each stage keeps.
    """
    horizons = [*HORIZONS]
    if trajectory.num_stages >= BACK_TEST_STAGES:
        horizons.append(_BACK_TEST)
    sums: dict[tuple[str, int], _Sums] = {(m, h): {} for m in methods for h in horizons}
    refusals: dict[tuple[str, int], str] = {}
    stages = stages_in(trajectory)
    for entry in trajectory.table:
        if entry.kind not in PREDICTED_KINDS or not entry.size:
            continue
        history_S = stages.read(entry.name)
        for question in [q for q in sums if q not in refusals]:
            method, horizon = question
            try:
                prediction = predict_tensor(
                    entry.name,
                    history_S[:-1] if horizon == _BACK_TEST else history_S,
                    methods[method],
                    kind=entry.kind,
                    horizon=max(1, horizon),
                    rate=rate,
                    transposed=is_transposed(entry.name, stages.layouts[0]),
                )
            except KnowError as error:
                refusals[question] = str(error).splitlines()[0]
                sums[question] = {}
                continue
            found = _sums(history_S, prediction)
            for kind in (entry.kind, ALL_PREDICTED):
                sums[question][kind] = sums[question].get(kind, 0) + found
    steps, tests = [], []
    for (method, horizon), by_kind in sums.items():
        refusal = refusals.get((method, horizon))
        if horizon == _BACK_TEST:
            tests.append(_back_test(method, by_kind, refusal))
        else:
            steps.append(_step(method, horizon, by_kind, refusal))
    return steps, tests


def _sums(history_S: Tensor, prediction: Tensor) -> Tensor:
    """One tensor's share of the sums that a question is answered from."""
    prediction = prediction.double()
    start, first = history_S[-1].double(), history_S[-2].double()
    last_step, step = start - first, prediction - start
    vectors = [prediction, start, step, last_step]
    squares = [vector.square().sum() for vector in vectors]
    return torch.stack([*squares, (step * last_step).sum()])


def _step(method: str, horizon: int, sums: _Sums, refusal: str | None) -> MethodStep:
    together = sums.get(ALL_PREDICTED, torch.zeros(5))
    _, start, step, last_step, product = together.tolist()
    lengths = math.sqrt(step) * math.sqrt(last_step)
    ratios = _root_ratios(sums, 0)
    return MethodStep(
        method=method,
        horizon=horizon,
        step_ratio=_root_ratio(step, start),
        norm_ratio=ratios.pop(ALL_PREDICTED, None),
        cosine=min(1.0, max(-1.0, product / lengths)) if lengths else None,
        norm_ratios=ratios,
        refusal=refusal,
    )


def _back_test(method: str, sums: _Sums, refusal: str | None) -> BackTest:
    # The step from Theta_0 to the prediction is the error where Theta_0 was hidden.
    errors = _root_ratios(sums, 2)
    together = errors.pop(ALL_PREDICTED, None)
    return BackTest(method=method, error=together, errors=errors, refusal=refusal)


def _root_ratios(sums: _Sums, place: int) -> dict[str, float | None]:
    """The root of one of the sums over the next one, by kind in their order."""
    return {
        kind: _root_ratio(*sums[kind][place : place + 2].tolist())
        for kind in (*PREDICTED_KINDS, ALL_PREDICTED)
        if kind in sums
    }


def _root_ratio(square: float, of: float) -> float | None:
    return math.sqrt(square / of) if of else None
