"""Learning-rate schedules, one value per epoch."""

import math

from know.training.settings import Phase


def learning_rate_at(phase: Phase, epoch: int) -> float:
    """Learning rate of an epoch, counted from 0 within its phase.

    Source: `cosine` is the authors' fine-tuning, peak / 2 * (1 + cos(pi * e / epochs));
    `step` is their pre-training, which divides by 10 after 40 % and again after 80 % of
    the epochs (80 and 160 of 200), although the paper mentions a cosine. Decision 4.

    Args:
        phase: its peak learning rate, schedule and number of epochs.
        epoch: in [0, phase.epochs).

    Returns:
        Adam's learning rate during that epoch.
    """
    done = epoch / phase.epochs
    if phase.schedule == "cosine":
        return phase.learning_rate * (1 + math.cos(math.pi * done)) / 2
    if phase.schedule == "step":
        return phase.learning_rate * 10.0 ** -((done >= 0.4) + (done >= 0.8))
    return phase.learning_rate
