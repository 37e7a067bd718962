"""Quantiles of resampled trials, against repeating the values one by one."""

import numpy as np
import pytest

from know.reporting.bootstrap import (
    estimate_quantiles,
    resample_trials,
    resampled_quantiles,
)


def test_a_seed_gives_the_same_draws_and_another_does_not():
    first, again, other = (resample_trials(9, seed=s) for s in (5, 5, 6))
    assert (first == again).all()
    assert (first.sum(axis=1) == 9).all()
    assert (first != other).any()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_quantiles_equal_those_of_values_repeated_one_by_one(share):
    generator = np.random.default_rng(0)
    trials = generator.permutation(np.repeat(np.arange(12), 5)[:-3])
    values = generator.normal(size=len(trials)).round(1)
    counts = resample_trials(12, seed=2, resamples=100)
    [found] = resampled_quantiles(values, trials, counts, shares=(share,))
    slow = [np.quantile(np.repeat(values, row[trials]), share) for row in counts]
    np.testing.assert_allclose(found, slow, atol=1e-12)


def test_two_trials_of_one_value_each_by_hand():
    # Of four equally likely draws one has the lower twice, one the higher twice.
    counts = resample_trials(2, seed=0)
    [estimate] = estimate_quantiles(
        np.array([1.0, 3.0]), np.array([0, 1]), counts, shares=(0.5,)
    )
    assert list(estimate) == [2, 1, 3]


def test_one_trial_has_no_interval():
    counts = resample_trials(1, seed=0)
    [estimate] = estimate_quantiles(
        np.array([0.2, 0.4]), np.array([0, 0]), counts, shares=(0.5,)
    )
    assert list(estimate) == pytest.approx([0.3, np.nan, np.nan], nan_ok=True)
