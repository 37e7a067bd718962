"""The interface of every hypernetwork."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from know.hypernetwork.tensor_facts import TensorFacts
from know.hypernetwork.windows import WindowBatch, relative_loss

# Shape suffixes: N weights of one tensor, T of a tile of it; B weights of some tensors,
# as many of each and one tensor after the other; S stages (oldest knowledge first),
# H horizons.


class Hypernetwork(nn.Module, ABC):
    """A network from a weight's history to its next values.

    Its class is called with what `settings` gives (`stages` and most often `horizons`
    among it), and with `generator`, a source of its first weights on the CPU; None for
    one seeded with 0.
    """

    architecture: ClassVar[str]
    """Its name in `MODELS`, in its file's card and at the head of its file's name."""
    sees_tensor: ClassVar[bool] = True
    """Whether its `ahead` looks at facts, or goes weight by weight."""
    tile: ClassVar[int] = 2**16
    """Weights that `extrapolate` computes at once."""
    stages: int
    """S, how many values of each weight it sees."""
    horizons: int = 1
    """H, how many stages ahead it reaches; what lies beyond is iterated."""

    def settings(self) -> dict[str, Any]:
        """JSON-ready keyword arguments of its class that build an equal network."""
        return {"stages": self.stages, "horizons": self.horizons}

    @abstractmethod
    def ahead(self, history_BS: Tensor, facts: TensorFacts) -> Tensor:
        """Differences of the next stages to the newest one, (B, H), differentiable.

        Args:
            history_BS: values of each weight.
            facts: facts of the tensors that the weights belong to.
        """

    def loss(self, batch: WindowBatch) -> Tensor:
        """Quantity that its training lowers: the error relative to copying."""
        return relative_loss(self.ahead(batch.history_BS, batch.facts), batch)

    def fit(self, batches: Iterable[WindowBatch]) -> None:
        """Solve in closed form what can be, before the first step of the training."""
        del batches

    @torch.no_grad()
    def extrapolate(self, window_S: Tensor, facts: TensorFacts | None) -> Tensor:
        """Predict the next H stages of one tensor, or of a part of it.

        Args:
            window_S: S stages, shape (S, ...).
            facts: facts of the tensor over these stages; None if it sees none.

        Returns:
            The stages, nearest first, shape (H, ...), of the dtype of `window_S`.
        """
        parameter = next(self.parameters())
        residuals = [
            self.ahead(rows_TS.to(parameter), cast("TensorFacts", facts)).T.to(window_S)
            for rows_TS in torch.split(window_S.flatten(1).T, self.tile)
        ]
        residual_HN = torch.cat(residuals, dim=1)
        return window_S[-1] + residual_HN.reshape(self.horizons, *window_S.shape[1:])
