"""TSV: the task vector of each matrix, cut down to its leading singular vectors."""

import torch
from torch import Tensor

from know.predictors.contract import checked
from know.predictors.task_vector import task_vectors

MIRRORS_STAGES: dict[str, str] = {}
OPTIONS = {"fraction": {"type": "number", "exclusiveMinimum": 0, "maximum": 1}}


@checked("tsv")
def predict(
    history: Tensor, *, horizon: int, rate: float, kind: str, fraction: float = 0.1
) -> Tensor:
    """Add the low-rank part of the mirrored task vector; of a 1-d tensor, all of it.

    Source: baseline TSV of Jang et al. (arXiv 2508.05059), "retains the top 10 %
    components", after Gargiulo et al. (arXiv 2412.00081). A convolution is taken as
    the matrix (outputs, inputs times kernel). `fraction` is the share of the singular
    values that is kept, in (0, 1]; at least one is. Needs a horizon below the stages.
    """
    update = task_vectors(history, horizon)[-1]
    if update.ndim >= 2 and update.numel():
        update = _low_rank(update.flatten(1), fraction).reshape(update.shape)
    return history[-1] + update


def _low_rank(matrix: Tensor, fraction: float) -> Tensor:
    # 0.29 * 100 is 28.999... in floating point, and means 29.
    rank = max(1, int(fraction * min(matrix.shape) + 1e-9))
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    low_rank: Tensor = (left[:, :rank] * values[:rank]) @ right[:rank]
    return low_rank
