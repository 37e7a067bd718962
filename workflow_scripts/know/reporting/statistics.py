"""Paired comparisons over seeds, and corrections for making many of them.

NaN stands for a number that does not exist, such as the p-value of one seed. What the
numbers mean, and what they do not: `docs/statistics.md`.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

CONFIDENCE = 0.95
SIGNIFICANT = 0.05
"""Corrected p-value below which a question is answered."""
POWER = 0.8
"""Chance with which a difference that a test could have detected is detected."""
# Differences are rounded here, so that float noise never poses as a variance.
_DECIMALS = 9

# Shape suffixes: U units (seeds, or whatever is compared), N tests.


class Comparison(NamedTuple):
    """Mean of paired differences, with its interval and its test."""

    delta: float = math.nan
    """Mean of (row - reference), in the unit of the values."""
    std: float = math.nan
    """Sample standard deviation of the differences."""
    low: float = math.nan
    """Lower end of the 95 % interval of the mean."""
    high: float = math.nan
    p: float = math.nan
    """P-value of the two-sided paired t-test, not corrected."""


def compare(differences: ArrayLike) -> Comparison:
    """Test paired differences against zero with the two-sided t-test.

    Differences without any variance leave the t statistic undefined. All zero gives
    p = 1. All equal but not zero gives no test and no interval: its limit, p = 0, would
    be certainty, and with two or three values such ties happen by chance. Differences
    are rounded to 1e-9 first.

    Args:
        differences: one per unit, such as a seed; NaN where there is none.
    """
    difference_U = np.round(np.asarray(differences, dtype=np.float64), _DECIMALS)
    difference_U = difference_U[~np.isnan(difference_U)]
    count = len(difference_U)
    mean = float(difference_U.mean()) if count else math.nan
    if count < 2:
        return Comparison(mean)
    if np.ptp(difference_U) == 0:
        return Comparison(mean, 0.0) if mean else Comparison(0.0, 0.0, 0.0, 0.0, 1.0)
    std = sample_std(difference_U)
    error = std / math.sqrt(count)
    p_value = 2 * float(stats.t.sf(abs(mean) / error, count - 1))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
    return Comparison(mean, std, mean - reach, mean + reach, p_value)


def equivalence_p(found: Comparison, count: int, margin: float) -> float:
    """P-value of two one-sided t-tests for a mean difference within a margin.

    It is the larger of the p-values against "at most -margin" and "at least margin".

    Source: Schuirmann, "A comparison of the two one-sided tests procedure and the power
    approach", Journal of Pharmacokinetics and Biopharmaceutics 15 (1987).

    Args:
        found: comparison of `count` differences.
        count: number of differences.
        margin: largest difference that does not matter, above zero.

    Returns:
        The p-value, not corrected; NaN where `compare` makes no test, 0 where all
        differences are zero.
    """
    if count < 2:
        return math.nan
    if found.std == 0:
        return 0.0 if found.delta == 0 else math.nan
    error = found.std / math.sqrt(count)
    return float(stats.t.sf((margin - abs(found.delta)) / error, count - 1))


def detectable(std: float, count: int, level: float) -> float:
    """Smallest true mean difference that the two-sided t-test detects with 80 % power.

    Args:
        std: standard deviation of the differences.
        count: number of differences.
        level: p-value below which a difference counts as detected.

    Returns:
        The difference in the unit of `std`; NaN where there is no spread.
    """
    if not std > 0:
        return math.nan
    return std / math.sqrt(count) * _noncentrality(count - 1, level)


@cache
def _noncentrality(freedom: int, level: float) -> float:
    """Shift of the noncentral t-distribution at which the test has its power."""
    critical = float(stats.t.isf(level / 2, freedom))

    def excess(shift: float) -> float:
        # The chance of detecting the wrong sign is negligible, and NaN in SciPy.
        return float(stats.nct.sf(critical, freedom, shift)) - POWER

    return float(optimize.brentq(excess, 0, 2 * critical + 4))


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


def sample_std(values: ArrayLike) -> float:
    """Sample standard deviation (n - 1 in the denominator); NaN below two values."""
    found = np.asarray(values, dtype=np.float64)
    return float(np.std(found, ddof=1)) if len(found) > 1 else math.nan


def pooled_std(stds: Sequence[float]) -> float:
    """Root mean square of equally weighted standard deviations; NaN if any is."""
    return math.sqrt(math.fsum(std * std for std in stds) / len(stds))
