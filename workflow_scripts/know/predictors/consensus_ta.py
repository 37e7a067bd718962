"""ConsensusTA: only the weights that most task vectors agree to change."""

from functools import reduce

import torch
from torch import Tensor

from know.predictors.contract import checked
from know.predictors.task_vector import task_vectors

PREDICTS_WINDOWS = True
MIRRORS_STAGES: dict[str, str] = {}
OPTIONS = {"threshold": {"type": "number", "exclusiveMinimum": 0}}


@checked("consensus-ta")
def predict(
    history: Tensor, *, horizon: int, rate: float, kind: str, threshold: float = 0.4
) -> Tensor:
    """Add the oldest task vector to the weights that a majority of all n mark.

    Task vector k marks a weight where |tau_k| > threshold * |sum of the others|. With
    fewer than three vectors there is no majority: this is TaskVector then.

    Source: baseline ConsensusTA of Jang et al. (arXiv 2508.05059) after Wang et al.
    (arXiv 2405.07813). Decision 8. `threshold` is the share of the others' sum that a
    vector must exceed. Needs a horizon below the stages.
    """
    updates = task_vectors(history, horizon)
    update = updates[-1]
    if horizon >= 3:
        marks = marked(updates, threshold).sum(dim=0)
        update = torch.where(marks > horizon // 2, update, 0.0)
    return history[-1] + update


def marked(updates: list[Tensor], threshold: float) -> Tensor:
    """Tell which weights each task vector marks, shape (vectors, ...)."""
    total = reduce(torch.add, updates)
    return torch.stack(
        [update.abs() > threshold * (total - update).abs() for update in updates]
    )
