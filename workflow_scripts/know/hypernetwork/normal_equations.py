"""Least squares over windows, every window's error relative to copying."""

import torch
from torch import Tensor

from know.hypernetwork.windows import WindowBatch

# Shape suffixes: B weights, F features, H horizons.

_RIDGE = 1e-6


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
