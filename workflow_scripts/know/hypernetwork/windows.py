"""Training examples of hypernetworks: windows of stages, and the weights that follow.

A window is S successive stages of one tensor. A model sees some of its weights and
facts about the whole tensor, and predicts the next stages towards more data.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from know.hypernetwork.draws import DrawnTensors
from know.hypernetwork.tensor_facts import TensorFacts

# Shape suffixes: K tensors, T stages of a trajectory (stage 0 first), W windows (of all
# tensors), S stages of a window (oldest knowledge first), N weights, H horizons, B
# weights of a batch, C weights drawn from a window.


@dataclass(frozen=True, kw_only=True)
class WindowBatch:
    """C weights from each of some windows, one window after another."""

    history_BS: Tensor
    """float32, oldest knowledge first."""
    target_BH: Tensor
    """float32, the weights 1, 2, .. stages ahead; NaN where the trajectory ends."""
    facts: TensorFacts
    """Facts about each window's tensor, over all its weights."""
    step_WH: Tensor
    """Root mean square, over all of the tensor's weights, of target - newest stage."""

    @property
    def per_window(self) -> int:
        """C, the number of weights per window."""
        return len(self.history_BS) // max(1, len(self.step_WH))

    def to(self, device: torch.device) -> "WindowBatch":
        """The batch on a device; models move the facts of tensors themselves."""
        return replace(
            self,
            history_BS=self.history_BS.to(device),
            target_BH=self.target_BH.to(device),
            step_WH=self.step_WH.to(device),
        )


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


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Every window of some tensors."""

    weights_NT: Tensor
    offset_W: Tensor
    """Row of the first drawn weight of the window's tensor."""
    count_W: Tensor
    newest_W: Tensor
    """Stage of the trajectory that is the newest of the window."""
    trial_W: Tensor
    facts: TensorFacts
    step_WH: Tensor
    stages: int
    horizons: int

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.offset_W)

    def draw(
        self, chosen_W: Tensor, *, weights: int, generator: torch.Generator
    ) -> WindowBatch:
        """Draw weights of some windows, with replacement: all windows weigh the same.

        Args:
            chosen_W: indices of the windows.
            weights: C, the number drawn from each.
            generator: source of randomness.
        """
        count_W = self.count_W[chosen_W]
        uniform_WC = torch.rand(len(chosen_W), weights, generator=generator)
        row_WC = (uniform_WC * count_W[:, None]).long() + self.offset_W[chosen_W, None]
        row_B1 = row_WC.reshape(-1, 1)
        newest_B1 = self.newest_W[chosen_W].repeat_interleave(weights)[:, None]
        back_S = torch.arange(self.stages - 1, -1, -1)
        ahead_H = torch.arange(1, self.horizons + 1)
        target_BH = self.weights_NT[row_B1, (newest_B1 - ahead_H).clamp(min=0)]
        return WindowBatch(
            history_BS=self.weights_NT[row_B1, newest_B1 + back_S],
            target_BH=target_BH.masked_fill(newest_B1 < ahead_H, torch.nan),
            facts=self.facts.chosen(chosen_W),
            step_WH=self.step_WH[chosen_W],
        )


def windows_of(tensors: DrawnTensors, *, stages: int, horizons: int) -> Windows:
    """Return all windows that have at least one stage after them.

    Source: the authors' seven stages hold two windows of five: stages 6..2 with
    target 1, and 5..1 with target 0.

    Args:
        tensors: tensors of one kind, drawn from meta-data.
        stages: S, the length of a window.
        horizons: H, the number of stages ahead that targets reach.
    """
    lengths = torch.tensor([len(trial["accuracies"]) for trial in tensors.trials])
    last_K = lengths[tensors.trial_K] - stages
    newest = torch.arange(1, max(1, tensors.gram_KTT.shape[1] - stages + 1))
    # By tensor, then stage: the windows that end within the tensor's own trajectory.
    tensor_W, place_W = (newest <= last_K[:, None]).nonzero(as_tuple=True)
    newest_W = newest[place_W]
    stage_WS = newest_W[:, None] + torch.arange(stages - 1, -1, -1)
    size_W = tensors.sizes_K[tensor_W]
    gram_WTT = tensors.gram_KTT[tensor_W] / size_W[:, None, None]
    row_W11 = torch.arange(len(tensor_W))[:, None, None]
    gram_WSS = gram_WTT[row_W11, stage_WS[:, :, None], stage_WS[:, None, :]]
    rate_K = torch.tensor([trial["rate"] for trial in tensors.trials])[tensors.trial_K]
    offset_K = tensors.counts_K.cumsum(0) - tensors.counts_K
    return Windows(
        weights_NT=tensors.weights_NT,
        offset_W=offset_K[tensor_W],
        count_W=tensors.counts_K[tensor_W],
        newest_W=newest_W,
        trial_W=tensors.trial_K[tensor_W],
        facts=TensorFacts(
            gram_WSS=gram_WSS,
            mean_WS=tensors.sums_KT[tensor_W].gather(1, stage_WS) / size_W[:, None],
            size_W=size_W,
            fan_in_W=tensors.fan_in_K[tensor_W],
            rate_W=rate_K[tensor_W],
        ),
        step_WH=_steps(gram_WTT, newest_W, horizons),
        stages=stages,
        horizons=horizons,
    )


def _steps(gram_WTT: Tensor, newest_W: Tensor, horizons: int) -> Tensor:
    """Root mean square of the steps to the next stages; NaN where there is none."""
    rows_W = torch.arange(len(newest_W))
    steps = []
    for horizon in range(1, horizons + 1):
        target_W = (newest_W - horizon).clamp(min=0)
        squared_W = (
            gram_WTT[rows_W, target_W, target_W]
            - 2 * gram_WTT[rows_W, target_W, newest_W]
            + gram_WTT[rows_W, newest_W, newest_W]
        )
        step_W = squared_W.clamp(min=0).sqrt()
        steps.append(step_W.masked_fill(newest_W < horizon, torch.nan))
    return torch.stack(steps, 1).float()
