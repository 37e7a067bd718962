"""Paired comparisons over trials, and corrections for making many of them.

NaN stands for a number that does not exist, such as the p-value of one trial. What the
numbers mean, and what they do not: `docs/statistics.md`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

CONFIDENCE = 0.95
SIGNIFICANT = 0.05
"""Corrected p-value below which a difference is marked."""
# Differences are rounded here, so that float noise never poses as a variance.
_DECIMALS = 9

# Shape suffixes: T trials, N tests.


class Comparison(NamedTuple):
    """Mean difference of paired trials, with its interval and its test."""

    delta: float = math.nan
    """Mean of (row - reference), in the unit of the values."""
    low: float = math.nan
    """Lower end of the 95 % interval of the mean."""
    high: float = math.nan
    p: float = math.nan
    """P-value of the two-sided paired t-test, not corrected."""


def compare(differences: ArrayLike) -> Comparison:
    """Test paired differences against zero with the two-sided t-test.

    Differences without any variance leave the t statistic undefined. All zero gives
    p = 1. All equal but not zero gives no test and no interval: its limit, p = 0, would
    be certainty, and with two or three trials on a small test split such ties happen by
    chance. Differences are rounded to 1e-9 first.

    Args:
        differences: one per trial; NaN for a trial that was not run.
    """
    difference_T = np.round(np.asarray(differences, dtype=np.float64), _DECIMALS)
    difference_T = difference_T[~np.isnan(difference_T)]
    count = len(difference_T)
    mean = float(difference_T.mean()) if count else math.nan
    if count < 2:
        return Comparison(mean)
    if np.ptp(difference_T) == 0:
        return Comparison(mean) if mean else Comparison(0.0, 0.0, 0.0, 1.0)
    error = float(difference_T.std(ddof=1)) / math.sqrt(count)
    p_value = 2 * float(stats.t.sf(abs(mean) / error, count - 1))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
    return Comparison(mean, mean - reach, mean + reach, p_value)


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Correct p-values for their number by Holm's step-down procedure.

    Source: Holm, "A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics 6 (1979).

    Args:
        p_values: raw p-values in [0, 1]; NaN, which is not counted, where no test was
            made.
    """
    p_N = np.array(p_values, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(p_N))
    ascending = tested[np.argsort(p_N[tested], kind="stable")]
    factors = len(tested) - np.arange(len(tested))
    p_N[ascending] = np.maximum.accumulate(np.minimum(1.0, factors * p_N[ascending]))
    return p_N


def signed_z(deltas: ArrayLike, p_values: ArrayLike) -> NDArray[np.float64]:
    """Standard normal z of two-sided tests, with the signs of their differences."""
    z_N: NDArray[np.float64] = np.copysign(
        stats.norm.isf(np.asarray(p_values) / 2), np.asarray(deltas)
    )
    return z_N


def stouffer(scores: Sequence[float]) -> float:
    """Combine tests by Stouffer's method, with their signs.

    k tests give z = sum(z_i) / sqrt(k). A raw p of 0 is an infinite z_i and decides z
    alone; where two such disagree in sign, z is 0. The tests are taken as independent;
    how far those of the seeds are: `docs/statistics.md`.

    Source: Stouffer et al., "The American Soldier", volume 1 (1949), note on page 45.

    Args:
        scores: `signed_z` of each seed's test; NaN, also in the result, where a seed
            has none.
    """
    if {-math.inf, math.inf} <= set(scores):
        return 0.0
    return math.fsum(scores) / math.sqrt(len(scores))


def two_sided_p(z_values: ArrayLike) -> NDArray[np.float64]:
    """P-values of standard normal z, whichever their signs."""
    return 2 * np.asarray(stats.norm.sf(np.abs(np.asarray(z_values))))


def sample_std(values: ArrayLike) -> float:
    """Sample standard deviation (n - 1 in the denominator); NaN below two values."""
    found = np.asarray(values, dtype=np.float64)
    return float(np.std(found, ddof=1)) if len(found) > 1 else math.nan


def pooled_std(stds: Sequence[float]) -> float:
    """Root mean square of equally weighted standard deviations; NaN if any is."""
    return math.sqrt(math.fsum(std * std for std in stds) / len(stds))
