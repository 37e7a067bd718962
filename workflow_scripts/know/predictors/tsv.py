"""TSV: the task vector of each matrix, cut down to its leading singular vectors."""

import torch
from torch import Tensor

from know.predictors.contract import check_number, checked_history, finished
from know.predictors.updates import task_vector_update


def predict(
    history: Tensor,
    *,
    horizon: int = 1,
    rate: float = 0.5,
    kind: str = "conv",
    fraction: float = 0.1,
    alpha: float = 1.0,
    reading: str = "mirror",
) -> Tensor:
    """Add the low-rank part of the task vector; of a 1-d tensor, all of it.

    Source: baseline TSV of Jang et al. (arXiv 2508.05059), "retains the top 10 %
    components", after Gargiulo et al. (arXiv 2412.00081). A convolution is taken as
    the matrix (outputs, inputs times kernel).

    Args:
        history: weights, shape (stages >= 2, ...), oldest knowledge first.
        horizon: n, stages to extrapolate; below the stages for `mirror` and `sum`.
        rate: share of the samples that each stage keeps; for `size` and `power`.
        kind: of the tensor; all are treated alike.
        fraction: share of the singular values kept, in (0, 1]; at least one is.
        alpha: step size.
        reading: of the task vector; see
            `know.predictors.updates.task_vector_update`.

    Returns:
        The predicted weights, without the stage dimension, of `history`'s dtype.

    Raises:
        KnowError: if the history or an option is wrong, or the outcome not finite.
    """
    checked = checked_history(history, method="tsv", horizon=horizon, rate=rate)
    check_number(fraction, above=0, up_to=1, method="tsv", option="fraction")
    update = task_vector_update(
        checked, method="tsv", horizon=horizon, rate=rate, reading=reading
    )
    if update.ndim >= 2 and update.numel():
        update = _low_rank(update.flatten(1), fraction).reshape(update.shape)
    return finished(checked[-1] + alpha * update, history, method="tsv")


def _low_rank(matrix: Tensor, fraction: float) -> Tensor:
    # 0.29 * 100 is 28.999... in floating point, and means 29.
    rank = max(1, int(fraction * min(matrix.shape) + 1e-9))
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    low_rank: Tensor = (left[:, :rank] * values[:rank]) @ right[:rank]
    return low_rank
