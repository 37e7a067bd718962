"""Loss of models that know a tensor's scale: squared error relative to copying."""

import torch
from torch import Tensor

from know.hypernetwork.windows import WindowBatch

# Shape suffixes: W windows, C weights of each, B = W C, H horizons.


def relative_loss(residual_BH: Tensor, batch: WindowBatch) -> Tensor:
    """Mean over windows and horizons of (|prediction - truth| / |newest - truth|)^2.

    Source: ours; the table of held-out errors measures the ratio itself over all
    tensors. Squaring costs the median little and keeps the model from missing rare
    windows by more than copying does.

    Args:
        residual_BH: predicted difference from the newest stage.
        batch: holds the truth, NaN where a trajectory has none.
    """
    step_WH = batch.step_WH
    is_there_WH = step_WH > 0
    # Replaced before the arithmetic: the gradient of a NaN is NaN, masked or not.
    wanted_BH = (batch.target_BH - batch.history_BS[:, -1:]).nan_to_num()
    missed_BH = (residual_BH - wanted_BH).square()
    missed_WH = missed_BH.reshape(len(step_WH), -1, step_WH.shape[1]).mean(1)
    ratio_WH = missed_WH / torch.where(is_there_WH, step_WH, 1.0).square()
    return (ratio_WH * is_there_WH).sum() / is_there_WH.sum().clamp(min=1)
