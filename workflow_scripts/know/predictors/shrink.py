"""Shrink: Theta_0 made smaller, whatever it forgets."""

from torch import Tensor

from know.predictors.contract import checked

PREDICTS_WINDOWS = True
OPTIONS = {"factor": {"type": "number", "exclusiveMinimum": 0}}


@checked("shrink")
def predict(
    history: Tensor, *, horizon: int, rate: float, kind: str, factor: float = 0.9
) -> Tensor:
    """Scale Theta_0 by factor^horizon.

    Source: none in the paper. KNOWN mostly shrinks, and a smaller weight before a
    normalization layer learns faster downstream, so a plain shrink is the row that
    a method has to beat. `factor`, above 0, is that of one stage.
    """
    return history[-1] * factor**horizon
