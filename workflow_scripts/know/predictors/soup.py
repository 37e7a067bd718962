"""Soup: the mean of a trajectory's own stages."""

from torch import Tensor

from know.errors import KnowError
from know.predictors.contract import checked

# Shape suffix: S stages, oldest knowledge first; further dimensions are the weight's.

PREDICTS_WINDOWS = True
OPTIONS = {"stages": {"type": "integer", "minimum": 1, "at_most": "stages"}}
IGNORES_HORIZON = True


@checked("soup")
def predict(
    history: Tensor, *, horizon: int, rate: float, kind: str, stages: int | None = None
) -> Tensor:
    """Average Theta_0 with the stages that forget, each with the same weight.

    Source: the uniform soup of Wortsman et al. (arXiv 2203.05482), made of stages of
    one training and not of several fine-tunings. Not one of the paper's baselines.

    `stages` is how many are averaged, Theta_0 among them; by default all. The horizon
    means nothing here.
    """
    if stages is not None and stages > len(history):
        raise KnowError(f"averages {stages} stages, got {len(history)}")
    newest_S = history if stages is None else history[-stages:]
    return newest_S.mean(0)
