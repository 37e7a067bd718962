"""LinearFit: a line through each weight's stages."""

from collections.abc import Sequence

import torch
from torch import Tensor

from know.predictors.contract import checked

# Shape suffix: S stages, oldest knowledge first; further dimensions are the weight's.

PREDICTS_WINDOWS = True


@checked("linear-fit")
def predict(history: Tensor, *, horizon: int, rate: float, kind: str) -> Tensor:
    """Follow the least-squares line of each weight over the stages' numbers.

    Source: baseline LinearFit of Jang et al. (arXiv 2508.05059), which does not say
    what the axis is. Decision 8.
    """
    stages = len(history)
    numbers = [*range(1, stages + 1), stages + horizon]
    return follow_line(history, [float(number) for number in numbers])


def follow_line(history_S: Tensor, positions: Sequence[float]) -> Tensor:
    """Fit a line to each weight and follow it to the target.

    Args:
        history_S: weights, shape (stages, ...), any float dtype.
        positions: places of the stages on the axis, oldest first, then the target's.

    Returns:
        The prediction, float64.
    """
    *abscissae, target = positions
    mean = sum(abscissae) / len(abscissae)
    spread = sum((x - mean) ** 2 for x in abscissae)
    value = torch.zeros_like(history_S[-1], dtype=torch.float64)
    # Stage by stage, so that only one is widened at a time.
    for x, stage in zip(abscissae, history_S, strict=True):
        weight = 1 / len(abscissae) + (target - mean) * (x - mean) / spread
        value.add_(stage.double(), alpha=weight)
    return value
