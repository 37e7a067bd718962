"""Least squares on a function of the stage, as fixed weights of the stages."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from know.predictors.contract import check_option, iterated

# Shape suffix: S stages, oldest knowledge first; further dimensions are the weight's.

AXES = ("stage", "size", "log_size")
_MODES = ("direct", "iterate")


def abscissae(axis: str, *, stages: int, horizon: int, rate: float) -> list[float]:
    """Where the stages, oldest first, and then the target lie on the fit's axis.

    Args:
        axis: `stage` (1 for the oldest, S for Theta_0, S + n for the target), `size`
            (share of Theta_0's samples) or `log_size` (its logarithm).
        stages: S.
        horizon: n.
        rate: share of the samples that each stage keeps.
    """
    positions = [*range(1, stages + 1), stages + horizon]
    if axis == "stage":
        return [float(position) for position in positions]
    exponents = [stages - position for position in positions]
    if axis == "size":
        return [rate**exponent for exponent in exponents]
    return [exponent * math.log(rate) for exponent in exponents]


def stage_weights(abscissa_S: list[float], *, target: float) -> list[float]:
    """Weight of each stage in the value at `target` of the line fitted to them."""
    mean = sum(abscissa_S) / len(abscissa_S)
    spread = sum((x - mean) ** 2 for x in abscissa_S)
    return [
        1 / len(abscissa_S) + (target - mean) * (x - mean) / spread for x in abscissa_S
    ]


def extrapolate_fit(
    history_S: Tensor,
    *,
    method: str,
    horizon: int,
    positions: Callable[[int], list[float]],
    anchored: bool,
    mode: str,
) -> Tensor:
    """Fit a line to each weight and follow it to the target, in float64.

    Args:
        history_S: weights, shape (stages, ...), any float dtype.
        method: name of the method, for messages.
        horizon: n, stages to extrapolate.
        positions: abscissae of the stages and of the target for a given horizon.
        anchored: whether to add the fit's change to Theta_0 rather than take its value.
        mode: `direct` (follow the fit n stages) or `iterate` (fit again after each).

    Returns:
        The prediction, float64.

    Raises:
        KnowError: if the mode is unknown.
    """
    check_option(mode, _MODES, method=method, option="mode")

    def follow(window_S: Tensor, steps: int) -> Tensor:
        *abscissa_S, target = positions(steps)
        weights = stage_weights(abscissa_S, target=target)
        if anchored:
            here = stage_weights(abscissa_S, target=abscissa_S[-1])
            weights = [there - now for there, now in zip(weights, here, strict=True)]
            weights[-1] += 1
        # Stage by stage, so that only one is widened at a time.
        value = torch.zeros_like(window_S[-1], dtype=torch.float64)
        for weight, stage in zip(weights, window_S, strict=True):
            value.add_(stage.double(), alpha=weight)
        return value

    if mode == "direct":
        return follow(history_S, horizon)
    return iterated(lambda window_S: follow(window_S, 1), history_S.double(), horizon)
