"""MagMax: of several task vectors, each weight's largest."""

import torch
from torch import Tensor

from know.predictors.contract import checked
from know.predictors.task_vector import task_vectors

PREDICTS_WINDOWS = True
MIRRORS_STAGES: dict[str, str] = {}


@checked("mag-max")
def predict(history: Tensor, *, horizon: int, rate: float, kind: str) -> Tensor:
    """Add to each weight the largest of its n task vectors; of equals, the later one.

    Source: baseline MagMax of Jang et al. (arXiv 2508.05059) after Marczak et al.
    (arXiv 2407.06322). Needs a horizon below the stages.
    """
    largest, *others = task_vectors(history, horizon)
    for update in others:
        largest = torch.where(update.abs() >= largest.abs(), update, largest)
    return history[-1] + largest
