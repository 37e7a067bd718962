"""Quantiles of values that come in trials, with bootstrap intervals over the trials.

What the intervals say, and what they do not: `docs/statistics.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from know.reporting.statistics import CONFIDENCE

RESAMPLES = 2000

# Shape suffixes: N values, T trials, B resamples, Q quantiles.


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A statistic and the 95 % percentile interval of its bootstrap over trials."""

    value: float
    low: float | None
    """None where there is one trial, which says nothing of how trials scatter."""
    high: float | None


def resample_trials(
    num_trials: int, *, seed: int, resamples: int = RESAMPLES
) -> NDArray[np.int32]:
    """Draw `num_trials` of the trials with replacement, many times.

    Source: the cluster bootstrap; Davison & Hinkley, "Bootstrap Methods and their
    Application" (1997), section 3.8.

    Args:
        num_trials: how many trials there are, at least one.
        seed: of the draws; the same seed gives the same draws.
        resamples: how often.

    Returns:
        How often each trial is drawn, shape (resamples, trials).
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
) -> list[Estimate]:
    """Estimate quantiles of values, and their scatter from resampled trials.

    Args:
        values_N: the values, at least one a trial.
        trial_N: place of the trial of each value, from 0 to T - 1.
        counts_BT: what `resample_trials` drew.
        shares: the quantiles, in [0, 1]; 0.5 is the median.

    Returns:
        An estimate for each of `shares`.
    """
    found_Q = np.quantile(values_N, shares)
    if counts_BT.shape[1] < 2:
        return [Estimate(value=float(v), low=None, high=None) for v in found_Q]
    quantile_QB = resampled_quantiles(values_N, trial_N, counts_BT, shares=shares)
    tail = (1 - CONFIDENCE) / 2
    low_Q, high_Q = np.quantile(quantile_QB, [tail, 1 - tail], axis=1)
    return [
        Estimate(value=float(value), low=float(low), high=float(high))
        for value, low, high in zip(found_Q, low_Q, high_Q, strict=True)
    ]


def resampled_quantiles(
    values_N: NDArray[np.float64],
    trial_N: NDArray[np.intp],
    counts_BT: NDArray[np.int32],
    *,
    shares: Sequence[float],
) -> NDArray[np.float64]:
    """Quantiles of each resample, a value counting as often as its trial was drawn.

    They are those of `numpy.quantile` (linear) on the values repeated so often, without
    the repeating.

    Args:
        values_N: the values, at least one a trial.
        trial_N: place of the trial of each value, from 0 to T - 1.
        counts_BT: how often each trial is drawn in each resample.
        shares: the quantiles, in [0, 1].

    Returns:
        Quantiles, shape (shares, resamples).
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
