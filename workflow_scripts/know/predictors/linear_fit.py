"""LinearFit: a line through each weight's stages."""

from torch import Tensor

from know.predictors.contract import checked
from know.predictors.regression import follow_line


@checked("linear-fit")
def predict(history: Tensor, *, horizon: int, rate: float, kind: str) -> Tensor:
    """Follow the least-squares line of each weight over the stages' numbers.

    Source: baseline LinearFit of Jang et al. (arXiv 2508.05059), which does not say
    what the axis is. Decision 8.
    """
    stages = len(history)
    numbers = [*range(1, stages + 1), stages + horizon]
    return follow_line(history, [float(number) for number in numbers])
