"""The meta-learned linear predictor: as many numbers per kind and horizon as stages."""

from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor, nn

from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.normal_equations import least_squares
from know.hypernetwork.tensor_facts import TensorFacts
from know.hypernetwork.windows import WindowBatch

# Shape suffixes: B weights of W windows, one window after the other, S stages (oldest
# knowledge first), F features, H horizons.


class LinearMeta(Hypernetwork):
    """Next stages as fixed combinations of a weight's steps and its newest value.

    Source: per-layer optimal linear extrapolation, least squares with a ridge and no
    intercept; every horizon has coefficients of its own, nothing is iterated. Odd and
    equivariant to scale, because the features are. Deviation: how windows are weighed,
    see `fit`.
    """

    architecture: ClassVar[str] = "linear-meta"
    sees_tensor: ClassVar[bool] = False

    def __init__(
        self,
        stages: int = 5,
        horizons: int = 3,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        """Start as a copy of the newest stage; nothing is drawn."""
        super().__init__()
        del generator
        self.stages = stages
        self.horizons = horizons
        self.coefficients = nn.Parameter(torch.zeros(horizons, stages))

    def ahead(self, history_BS: Tensor, facts: TensorFacts) -> Tensor:
        """Return residuals of the newest stage, (B, H), one column per horizon."""
        return _features(history_BS) @ self.coefficients.T.to(history_BS)

    @torch.no_grad()
    def fit(self, batches: Iterable[WindowBatch]) -> None:
        """Least squares over all batches, every window's error relative to copying.

        Weighed by the steps of the history instead, as the method is described, the
        few windows that hardly moved before they jump decide alone: of biases it then
        misses by twice what copying misses.
        """
        rows = ((_features(batch.history_BS).double(), batch) for batch in batches)
        self.coefficients.copy_(
            least_squares(rows, horizons=self.horizons, features=self.stages)
        )


def _features(history_BS: Tensor) -> Tensor:
    """Steps and newest value of each weight."""
    return torch.cat([history_BS.diff(dim=1), history_BS[:, -1:]], 1)


MODEL = LinearMeta
