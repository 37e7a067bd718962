"""WNN: KNOWN's network for histories brought to one scale, weight by weight."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from know.hypernetwork.models.known import Known
from know.hypernetwork.tensor_facts import TensorFacts
from know.hypernetwork.windows import WindowBatch

# Shape suffixes: N, B weights, S stages (oldest knowledge first), H horizons.


class Wnn(Known):
    """The weight nowcaster network: KNOWN's layers, on scaled histories.

    Source: Jang et al. (ICML 2023) and its code; layers, slope and initialisation are
    those of `Known`. `forward` and `residual` are in the units of `scale`, weight by
    weight. Deviation: the authors trained it five steps of training ahead.
    """

    architecture: ClassVar[str] = "wnn"

    def ahead(self, history_BS: Tensor, facts: TensorFacts) -> Tensor:
        """Return residuals of the newest stage, (B, 1), in the weights' own units."""
        del facts
        scaled_BS, width_B, offset_B = scale(history_BS)
        predicted_B = (scaled_BS[:, -1] + self(scaled_BS)) * width_B + offset_B
        residual_BH: Tensor = (predicted_B - history_BS[:, -1])[:, None]
        return residual_BH

    def extrapolate(self, window_S: Tensor, facts: TensorFacts | None) -> Tensor:
        """Predict the next stage of some weights, shape (1, ...)."""
        del facts
        scaled_NS, width_N, offset_N = scale(window_S.flatten(1).T)
        scaled_N = scaled_NS[:, -1] + self.residual(scaled_NS).to(scaled_NS)
        return (scaled_N * width_N + offset_N).reshape(1, *window_S.shape[1:])

    def loss(self, batch: WindowBatch) -> Tensor:
        """Mean absolute error in scaled units, and the authors' L1 terms."""
        scaled_BS, width_B, offset_B = scale(batch.history_BS)
        target_B = (batch.target_BH[:, 0] - offset_B) / width_B
        error = nn.functional.l1_loss(self(scaled_BS), target_B - scaled_BS[:, -1])
        return error + self.regularisation()


def scale(history_NS: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Shift and scale the history of each weight into [-0.5, 0.5], its oldest to 0.

    Source: the code of Jang et al. (ICML 2023), with its two small constants.

    Returns:
        The scaled history, and each weight's width and offset, shape (weights,): a
        value times the width, plus the offset, is in the weight's own units.
    """
    offset_N = history_NS[:, 0]
    smallest_N, largest_N = torch.aminmax(history_NS, dim=1)
    width_N = 2 * (largest_N - smallest_N + 1e-8 + 1e-5)
    return (history_NS - offset_N[:, None]) / width_N[:, None], width_N, offset_N


MODEL = Wnn
