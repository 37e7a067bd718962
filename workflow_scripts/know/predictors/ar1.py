"""AR(1): one ratio of successive steps for each tensor, and steps continued by it."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from know.predictors.contract import Windows, checked

# Shape suffix: S stages, oldest knowledge first; further dimensions are the weight's.

PREDICTS_WINDOWS = True
_RATIOS = (-1.0, 1.5)
_AT_REST = 1e-24
"""Squared length of steps below which a tensor counts as not moving."""


def step_ratio(windows: Windows, shape: Sequence[int], **question: Any) -> float:
    """Fit rho, in [-1, 1.5]; 0 for a tensor that does not move."""
    del shape, question
    products, squares = 0.0, 0.0
    # Step by step, so that only two stages are widened at a time.
    for older, middle, newer in chain.from_iterable(map(_steps, windows())):
        before = (middle.double() - older).flatten()
        after = (newer.double() - middle).flatten()
        products += float(torch.dot(before, after))
        squares += float(torch.dot(before, before))
    if squares < _AT_REST:
        return 0.0
    lowest, highest = _RATIOS
    return min(max(products / squares, lowest), highest)


def _steps(history_S: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Each three stages that follow one another."""
    return zip(history_S[:-2], history_S[1:-1], history_S[2:], strict=True)


@checked("ar1", measure=step_ratio)
def predict(
    history: Tensor, *, horizon: int, rate: float, kind: str, facts: float
) -> Tensor:
    """Add the last step times rho + .. + rho^n, rho fitted to the tensor's own steps.

    Source: an autoregression of first order, which needs no meta-data: each step as
    rho times the one before it, by least squares over all of a tensor's weights. Exact
    for steps that grow or shrink geometrically, rho within [-1, 1.5]. Two stages give
    no ratio, and Theta_0 stays. Beyond the paper's own baselines.
    """
    factor: float = sum(facts**j for j in range(1, horizon + 1))
    return history[-1] + factor * (history[-1] - history[-2])
