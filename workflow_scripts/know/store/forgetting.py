"""Does the network forget? The accuracies of a trajectory's stages, compared."""

import math
from dataclasses import dataclass
from typing import Literal

from know.store.attributes import TrajectoryAttributes

Change = Literal["falls", "rises", "not resolved", "not measured"]

NOISE_ERRORS = 2.0
"""Standard errors that two accuracies must be apart to be told apart."""


@dataclass(frozen=True, kw_only=True)
class StageForgetting:
    """The accuracy of one stage, and what became of that of earlier ones."""

    stage: int
    samples: int
    accuracy: float | None
    """Percent points on D_0; None where not measured."""
    test_accuracy: float | None
    """Percent points on the test set, shown and not judged; None where not measured."""
    noise: float | None
    """Percent points by which D_0's accuracy must change since the stage before."""
    since_previous: Change | None
    """How the accuracy on D_0 changes since the stage before; None for stage 0."""
    since_start: Change | None
    """How it changes since stage 0; None for stage 0."""


def forgetting_of(attributes: TrajectoryAttributes) -> tuple[StageForgetting, ...]:
    """Compare each stage's accuracy on D_0 with the stage before and with stage 0.

    Args:
        attributes: attributes of the trajectory; accuracies are measured on all of D_0.
    """
    stages = attributes.stages
    images = stages[0].samples
    found = []
    for number, record in enumerate(stages):
        before = stages[number - 1].accuracy if number else None
        noise, since_previous = compare_accuracies(before, record.accuracy, images)
        _, since_start = compare_accuracies(stages[0].accuracy, record.accuracy, images)
        found.append(
            StageForgetting(
                stage=number,
                samples=record.samples,
                accuracy=record.accuracy,
                test_accuracy=record.test_accuracy,
                noise=noise,
                since_previous=since_previous if number else None,
                since_start=since_start if number else None,
            )
        )
    return tuple(found)


def compare_accuracies(
    before: float | None, after: float | None, images: int
) -> tuple[float | None, Change]:
    """Return the noise of a difference in percent points, and the change beyond it.

    The noise is `NOISE_ERRORS` binomial standard errors of two independent samples of
    `images`; both accuracies are of the same images, so it errs on the safe side.
    """
    if before is None or after is None:
        return None, "not measured"
    shares = [percent / 100 for percent in (before, after)]
    variance = sum(max(0.0, p * (1 - p)) for p in shares) / max(1, images)
    noise = 100 * NOISE_ERRORS * math.sqrt(variance)
    if abs(before - after) <= noise:
        return noise, "not resolved"
    return noise, "falls" if after < before else "rises"
