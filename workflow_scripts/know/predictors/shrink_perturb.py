"""Shrink and perturb: Theta_0 made smaller, with noise on top, whatever it forgets."""

import torch
from torch import Tensor

from know.predictors.contract import checked

PREDICTS_WINDOWS = True
OPTIONS = {
    "factor": {"type": "number", "exclusiveMinimum": 0},
    "noise": {"type": "number", "minimum": 0},
}
IGNORES_HORIZON = True
NEEDS_SEED = True


@checked("shrink-perturb")
def predict(
    history: Tensor,
    *,
    horizon: int,
    rate: float,
    kind: str,
    factor: float = 0.6,
    noise: float = 0.01,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Scale Theta_0 by `factor` and add Gaussian noise of standard deviation `noise`.

    Source: Ash and Adams (arXiv 1910.08475), section 4, whose own values are the
    defaults. Decision 8.

    `generator` draws the noise, on the CPU; None for one seeded with 0. The horizon
    means nothing here.
    """
    newest = history[-1]
    generator = generator or torch.Generator().manual_seed(0)
    draws = torch.randn(newest.shape, generator=generator, dtype=torch.float64)
    return factor * newest + (noise * draws).to(newest)
