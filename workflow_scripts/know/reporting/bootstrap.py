"""Quantiles of values that come in trials, with bootstrap intervals over the trials.

What the intervals say, and what they do not: `docs/statistics.md`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from know.reporting.statistics import CONFIDENCE

RESAMPLES = 2000

# Shape suffixes: N values, T trials, B resamples, Q quantiles.


def resample_trials(
    num_trials: int, *, seed: int, resamples: int = RESAMPLES
) -> NDArray[np.int32]:
    """Count how often each trial is drawn, with replacement, in each resample.

    Source: the cluster bootstrap; Davison & Hinkley, "Bootstrap Methods and their
    Application" (1997), section 3.8.
    """
    drawn_BT = np.random.default_rng(seed).integers(
        num_trials, size=(resamples, num_trials)
    )
    drawn_BT += num_trials * np.arange(resamples)[:, None]
    counts = np.bincount(drawn_BT.ravel(), minlength=resamples * num_trials)
    return counts.reshape(resamples, num_trials).astype(np.int32)


def estimate_quantiles(
    values_N: NDArray[np.float64],
    trial_N: NDArray[np.intp],
    counts_BT: NDArray[np.int32],
    *,
    shares: Sequence[float],
) -> NDArray[np.float64]:
    """Estimate quantiles of values, with intervals from resampled trials.

    Args:
        values_N: the values, at least one per trial.
        trial_N: place of the trial of each value, from 0 to T - 1.
        counts_BT: the draws of `resample_trials`.
        shares: the quantiles, in [0, 1]; 0.5 is the median.

    Returns:
        For each of `shares` the quantile, and the lower and upper end of the 95 %
        percentile interval of its bootstrap over trials, shape (shares, 3). The ends
        are NaN for a single trial, which says nothing about how trials scatter.
    """
    estimate_Q3 = np.full((len(shares), 3), np.nan)
    estimate_Q3[:, 0] = np.quantile(values_N, shares)
    if counts_BT.shape[1] > 1:
        quantile_QB = resampled_quantiles(values_N, trial_N, counts_BT, shares=shares)
        tail = (1 - CONFIDENCE) / 2
        estimate_Q3[:, 1:] = np.quantile(quantile_QB, [tail, 1 - tail], axis=1).T
    return estimate_Q3


def resampled_quantiles(
    values_N: NDArray[np.float64],
    trial_N: NDArray[np.intp],
    counts_BT: NDArray[np.int32],
    *,
    shares: Sequence[float],
) -> NDArray[np.float64]:
    """Quantiles of each resample, a value counting as often as its trial was drawn.

    They are those of `numpy.quantile` (linear) on the values repeated so often, without
    the repeating. For the arguments see `estimate_quantiles`.
    """
    order_N = np.argsort(values_N, kind="stable")
    sorted_N = values_N[order_N]
    counts_BN = counts_BT[:, trial_N[order_N]]
    # One running count over all resamples is sorted, so one search serves them all.
    running = np.cumsum(counts_BN, dtype=np.int64)
    num_values = len(values_N)
    ends_B = running[num_values - 1 :: num_values]
    starts_B = np.concatenate([[0], ends_B[:-1]])
    first_B = num_values * np.arange(len(counts_BT))

    def ranked(rank_B: NDArray[np.int64]) -> NDArray[np.float64]:
        """Value at a rank, counted from 0, of each resample's sorted values."""
        found_B = np.searchsorted(running, starts_B + rank_B, side="right")
        value_B: NDArray[np.float64] = sorted_N[found_B - first_B]
        return value_B

    last_B = ends_B - starts_B - 1
    quantile_QB = np.empty((len(shares), len(counts_BT)))
    for place, share in enumerate(shares):
        rank_B = share * last_B
        floor_B = np.floor(rank_B).astype(np.int64)
        below_B = ranked(floor_B)
        above_B = ranked(np.minimum(floor_B + 1, last_B))
        quantile_QB[place] = below_B + (above_B - below_B) * (rank_B - floor_B)
    return quantile_QB
