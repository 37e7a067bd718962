"""Least squares over windows, every window's error relative to copying."""

from collections.abc import Iterable

import torch
from torch import Tensor

from know.hypernetwork.windows import WindowBatch

# Shape suffixes: B weights, F features, H horizons.

_RIDGE = 1e-6


def least_squares(
    rows: Iterable[tuple[Tensor, WindowBatch]], *, horizons: int, features: int
) -> Tensor:
    """Solve for the coefficients that make up what the newest stage misses, (H, F).

    Rows are taken over how far their window moves on, so that all windows weigh alike.
    Windows that do not move, or have no stage so far ahead, do not count.

    Args:
        rows: features of each weight, (B, F), float64, and the batch that they are of.
        horizons: H.
        features: F.
    """
    gram_HFF = torch.zeros(horizons, features, features, dtype=torch.float64)
    moment_HF = torch.zeros(horizons, features, dtype=torch.float64)
    for features_BF, batch in rows:
        missing_BH = (batch.target_BH - batch.history_BS[:, -1:]).double()
        step_BH = batch.step_WH.double().repeat_interleave(batch.per_window, 0)
        for horizon, step_B in enumerate(step_BH.T):
            counts_B = (step_B > 0) & missing_BH[:, horizon].isfinite()
            step_B = step_B[counts_B]
            rows_BF = features_BF[counts_B] / step_B[:, None]
            wanted_B = missing_BH[counts_B, horizon] / step_B
            gram_HFF[horizon] += rows_BF.T @ rows_BF
            moment_HF[horizon] += rows_BF.T @ wanted_B
    # Relative to each feature's own size: theirs differ by orders of magnitude.
    ridge_HF = _RIDGE * gram_HFF.diagonal(dim1=1, dim2=2) + 1e-12
    solution_HF: Tensor = torch.linalg.solve(
        gram_HFF + torch.diag_embed(ridge_HF), moment_HF
    )
    return solution_HF
