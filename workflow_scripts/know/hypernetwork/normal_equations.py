"""Least squares over windows, every window's error relative to copying."""

import torch
from torch import Tensor

from know.hypernetwork.windows import WindowBatch

# Shape suffixes: B weights, F features, H horizons.

_RIDGE = 1e-6


class NormalEquations:
    """Sums of a least-squares problem with a right-hand side a horizon."""

    def __init__(self, features: int, horizons: int) -> None:
        """Start with no row of F features and H horizons."""
        self.gram_HFF = torch.zeros(horizons, features, features, dtype=torch.float64)
        self.moment_HF = torch.zeros(horizons, features, dtype=torch.float64)

    def add(self, features_BF: Tensor, missing_BH: Tensor, batch: WindowBatch) -> None:
        """Take in rows over how far their window moves on: all windows weigh alike.

        Windows that do not move, or have no stage so far ahead, do not count.

        Args:
            features_BF: features of each weight, float64.
            missing_BH: differences that the features are to make up, float64.
            batch: batch that the rows are from.
        """
        step_BH = batch.step_WH.double().repeat_interleave(batch.per_window, 0)
        for horizon, step_B in enumerate(step_BH.T):
            counts_B = (step_B > 0) & missing_BH[:, horizon].isfinite()
            step_B = step_B[counts_B]
            rows_BF = features_BF[counts_B] / step_B[:, None]
            wanted_B = missing_BH[counts_B, horizon] / step_B
            self.gram_HFF[horizon] += rows_BF.T @ rows_BF
            self.moment_HF[horizon] += rows_BF.T @ wanted_B

    def solution(self) -> Tensor:
        """Solve for the coefficients, shape (H, F)."""
        # Relative to each feature's own size: theirs differ by orders of magnitude.
        own_HF = self.gram_HFF.diagonal(dim1=1, dim2=2)
        ridge_HF = _RIDGE * own_HF + 1e-12
        regular_HFF = self.gram_HFF + torch.diag_embed(ridge_HF)
        solution_HF: Tensor = torch.linalg.solve(regular_HFF, self.moment_HF)
        return solution_HF
