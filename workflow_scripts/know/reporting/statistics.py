"""Comparisons of rows over their trials, and the correction for making many.

What the numbers mean, and what they do not: `docs/statistics.md`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from know.errors import KnowError, raise_all

CONFIDENCE = 0.95
# Differences are rounded here, so that float noise never poses as a variance.
_DECIMALS = 9


@dataclass(frozen=True, kw_only=True)
class PairedComparison:
    """Mean difference of one row from another, over trials that share a number."""

    mean: float
    """Mean of (row - reference), in the unit of the values."""
    low: float | None
    """Lower end of the 95 % interval of the mean; None where there is no test."""
    high: float | None
    p_value: float | None
    """Two-sided paired t-test, not corrected; None for a single trial, and for several
    that differ alike."""


def compare_pairs(
    values: Mapping[int, float], reference: Mapping[int, float]
) -> PairedComparison:
    """Compare two rows trial by trial with the two-sided paired t-test.

    Differences without any variance leave the t statistic undefined. All zero gives
    p = 1. All equal but not zero gives no test and no interval: its limit, p = 0, would
    be certainty, and with two or three trials on a small test split such ties happen by
    chance. Differences are rounded to 1e-9 first.

    Args:
        values: the row's value by trial number.
        reference: the reference row's value by trial number.

    Returns:
        The mean difference, its 95 % interval and its p-value.

    Raises:
        KnowError: if the two do not hold the same trials, or hold none.
    """
    raise_all(unmatched_trials(values, reference), "the trials cannot be paired")
    if not reference:
        raise KnowError("a paired comparison needs at least one trial, found none")
    trials = sorted(reference)
    difference_T = np.round([values[t] - reference[t] for t in trials], _DECIMALS)
    mean, count = float(difference_T.mean()), len(trials)
    if count < 2:
        return PairedComparison(mean=mean, low=None, high=None, p_value=None)
    if np.ptp(difference_T) == 0:
        if mean:
            return PairedComparison(mean=mean, low=None, high=None, p_value=None)
        return PairedComparison(mean=0.0, low=0.0, high=0.0, p_value=1.0)
    error = float(difference_T.std(ddof=1)) / math.sqrt(count)
    p_value = 2 * float(stats.t.sf(abs(mean) / error, count - 1))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
    return PairedComparison(
        mean=mean, low=mean - reach, high=mean + reach, p_value=p_value
    )


def unmatched_trials(
    values: Mapping[int, float], reference: Mapping[int, float]
) -> list[str]:
    """Say which trials one side of a pair holds and the other lacks."""
    lacking = sorted(reference.keys() - values.keys())
    surplus = sorted(values.keys() - reference.keys())
    problems = [f"lacks trials {lacking} of the reference"] if lacking else []
    return problems + (
        [f"has trials {surplus} that the reference lacks"] if surplus else []
    )


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Correct p-values for their number by Holm's step-down procedure.

    Source: Holm, "A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics 6 (1979).

    Args:
        p_values: raw p-values in [0, 1]; None where no test was made.

    Returns:
        Corrected p-values in the same order; None stays None and is not counted.
    """
    tested = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    running = 0.0
    for rank, (p_value, index) in enumerate(tested):
        running = max(running, min(1.0, (len(tested) - rank) * p_value))
        corrected[index] = running
    return corrected


def holm_by_family(
    families: Sequence[str], p_values: Sequence[float | None]
) -> list[float | None]:
    """Correct p-values by Holm's procedure, each family of tests by itself.

    Args:
        families: name of the family of each test.
        p_values: raw p-values in [0, 1]; None where no test was made.

    Returns:
        Corrected p-values in the same order.
    """
    corrected: list[float | None] = [None] * len(p_values)
    for family in dict.fromkeys(families):
        places = [place for place, name in enumerate(families) if name == family]
        found = holm([p_values[place] for place in places])
        for place, p_value in zip(places, found, strict=True):
            corrected[place] = p_value
    return corrected


def stouffer_z(comparisons: Sequence[PairedComparison | None]) -> float | None:
    """Combine paired tests by Stouffer's method, with their signs.

    Each test gives z_i = sign(mean difference) * isf(p_i / 2) of the normal
    distribution, and k of them z = sum(z_i) / sqrt(k). A raw p of 0 is an infinite
    z_i and decides z alone; where two such disagree in sign, z is 0. The tests are
    taken as independent; how far those of the seeds are: `docs/statistics.md`.

    Source: Stouffer et al., "The American Soldier", volume 1 (1949), note on page 45.

    Args:
        comparisons: one for each seed, their p-values not corrected; None where there
            was nothing to compare.

    Returns:
        The combined z, above 0 where the rows lie above their references; None where
        there is no comparison or any lacks a test.
    """
    scores = [_signed_z(comparison) for comparison in comparisons]
    known = [z for z in scores if z is not None]
    if not known or len(known) < len(scores):
        return None
    if {-math.inf, math.inf} <= set(known):
        return 0.0
    return math.fsum(known) / math.sqrt(len(known))


def _signed_z(comparison: PairedComparison | None) -> float | None:
    if comparison is None or comparison.p_value is None:
        return None
    return math.copysign(float(stats.norm.isf(comparison.p_value / 2)), comparison.mean)


def two_sided_p(z: float | None) -> float | None:
    """P-value of a standard normal z, whichever its sign; None stays None."""
    return None if z is None else 2 * float(stats.norm.sf(abs(z)))


def sample_std(values: Sequence[float]) -> float | None:
    """Sample standard deviation (n - 1 in the denominator); None below two values."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def pooled_std(stds: Sequence[float | None]) -> float | None:
    """Root mean square of equally weighted standard deviations; None if any is."""
    known = [std for std in stds if std is not None]
    if not known or len(known) < len(stds):
        return None
    return math.sqrt(math.fsum(std * std for std in known) / len(known))
