"""The meta-learned linear predictor: as many numbers a kind and horizon as stages."""

from collections.abc import Iterable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from know.hypernetwork.hyper_model import HyperModel
from know.hypernetwork.losses import relative_loss
from know.hypernetwork.tensor_facts import TensorFacts
from know.hypernetwork.windows import WindowBatch

# Shape suffixes: B weights of W windows, one window after the other, S stages (oldest
# knowledge first), F features, H horizons.

_RIDGE = 1e-6


class LinearMeta(HyperModel):
    """Next stages as fixed combinations of a weight's steps and its newest value.

    Source: per-layer optimal linear extrapolation, least squares with a ridge and no
    intercept; every horizon has coefficients of its own, nothing is iterated. Odd and
    equivariant to scale, because the features are. Deviation: how windows are weighed,
    see `fit`.
    """

    architecture: ClassVar[str] = "linear-meta"

    def __init__(
        self,
        stages: int = 5,
        horizons: int = 3,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        """Start as a copy of the newest stage.

        Args:
            stages: S, how many values of each weight are seen.
            horizons: H, how many stages ahead it reaches.
            generator: not used; other hyper-models draw their first weights from it.
        """
        super().__init__()
        del generator
        self.stages = stages
        self.horizons = horizons
        self.coefficients = nn.Parameter(torch.zeros(horizons, stages))

    def settings(self) -> dict[str, Any]:
        """What builds an equal one."""
        return {"stages": self.stages, "horizons": self.horizons}

    def ahead(self, history_BS: Tensor, facts: TensorFacts) -> Tensor:
        """What to add to the newest stage, (B, H), one column a horizon.

        Args:
            history_BS: weights, as many of each tensor of `facts`.
            facts: of the tensors; the coefficients need none of them.
        """
        features_BF = torch.cat([history_BS.diff(dim=1), history_BS[:, -1:]], 1)
        return features_BF @ self.coefficients.T.to(history_BS)

    def loss(self, batch: WindowBatch) -> Tensor:
        """Error relative to copying; `fit` alone makes the published predictor."""
        return relative_loss(self.ahead(batch.history_BS, batch.facts), batch)

    @torch.no_grad()
    def fit(self, batches: Iterable[WindowBatch]) -> None:
        """Least squares over all batches, every window's error relative to copying.

        Weighed by the steps of the history instead, as the method is described, the
        few windows that hardly moved before they jump decide alone: of biases it then
        misses by twice what copying misses.
        """
        equations = NormalEquations(self.stages, self.horizons)
        for batch in batches:
            missing_BH = (batch.target_BH - batch.history_BS[:, -1:]).double()
            steps_BF = batch.history_BS.diff(dim=1).double()
            features_BF = torch.cat([steps_BF, batch.history_BS[:, -1:].double()], 1)
            equations.add_relative(features_BF, missing_BH, batch)
        self.coefficients.copy_(equations.solution())


class NormalEquations:
    """Sums of a least-squares problem with a right-hand side a horizon."""

    def __init__(self, features: int, horizons: int) -> None:
        """Start with no row.

        Args:
            features: F.
            horizons: H.
        """
        self.gram_HFF = torch.zeros(horizons, features, features, dtype=torch.float64)
        self.moment_HF = torch.zeros(horizons, features, dtype=torch.float64)

    def add(self, features_BF: Tensor, wanted_BH: Tensor) -> None:
        """Take in rows; those that are NaN for a horizon do not count for it."""
        for horizon, wanted_B in enumerate(wanted_BH.T):
            is_there_B = wanted_B.isfinite()
            rows_BF = features_BF[is_there_B]
            self.gram_HFF[horizon] += rows_BF.T @ rows_BF
            self.moment_HF[horizon] += rows_BF.T @ wanted_B[is_there_B]

    def add_relative(
        self, features_BF: Tensor, missing_BH: Tensor, batch: WindowBatch
    ) -> None:
        """Take in rows over how far their window moves on: all windows weigh alike.

        Args:
            features_BF: float64.
            missing_BH: float64, what the features are to make up.
            batch: that the rows are from.
        """
        step_BH = batch.step_WH.double().repeat_interleave(batch.per_window, 0)
        for horizon, step_B in enumerate(step_BH.T):
            moves_B = step_B > 0
            alone_BH = torch.full_like(missing_BH[moves_B], torch.nan)
            alone_BH[:, horizon] = missing_BH[moves_B, horizon] / step_B[moves_B]
            self.add(features_BF[moves_B] / step_B[moves_B, None], alone_BH)

    def solution(self) -> Tensor:
        """Coefficients of shape (H, F)."""
        # Relative to each feature's own size: theirs differ by orders of magnitude.
        own_HF = self.gram_HFF.diagonal(dim1=1, dim2=2)
        ridge_HF = _RIDGE * own_HF + 1e-12
        regular_HFF = self.gram_HFF + torch.diag_embed(ridge_HF)
        solution_HF: Tensor = torch.linalg.solve(regular_HFF, self.moment_HF)
        return solution_HF
