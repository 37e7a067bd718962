"""LogFit: a logarithm through each weight's stages."""

import math

from torch import Tensor

from know.predictors.contract import checked
from know.predictors.linear_fit import follow_line

PREDICTS_WINDOWS = True


@checked("log-fit")
def predict(history: Tensor, *, horizon: int, rate: float, kind: str) -> Tensor:
    """Follow the least-squares curve a + b ln t of each weight, t the stage's number.

    Source: baseline LogFit of Jang et al. (arXiv 2508.05059), which does not say what
    the axis is. The oldest stage is 1. Decision 8.
    """
    stages = len(history)
    numbers = [*range(1, stages + 1), stages + horizon]
    return follow_line(history, [math.log(number) for number in numbers])
