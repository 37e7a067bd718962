"""Paired comparisons and Holm's correction against numbers worked by hand."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from know.reporting.statistics import (
    compare,
    holm,
    pooled_std,
    sample_std,
    signed_z,
    stouffer,
    two_sided_p,
)

NAN = math.nan


def same(*values):
    return pytest.approx(values, nan_ok=True, abs=1e-6)


class TestCompare:
    def test_agrees_with_a_t_test_worked_by_hand(self):
        # Differences 1, 2, 3: mean 2, standard deviation 1, t = 2 sqrt(3) with two
        # degrees of freedom, where P(|T| > t) = 1 - t / sqrt(2 + t^2) and the 97.5 %
        # point is 4.302653.
        found = compare([1.0, 2.0, 3.0])
        assert found.delta == 2
        t = 2 * math.sqrt(3)
        assert found.p == pytest.approx(1 - t / math.sqrt(2 + t * t), rel=1e-12)
        assert found.low == pytest.approx(2 - 4.302653 / math.sqrt(3), abs=1e-6)
        assert found.high == pytest.approx(2 + 4.302653 / math.sqrt(3), abs=1e-6)

    def test_agrees_with_scipy_on_random_values(self):
        difference_T = np.random.default_rng(0).normal(size=10)
        found, wanted = compare(difference_T), stats.ttest_1samp(difference_T, 0)
        assert found.p == pytest.approx(wanted.pvalue, rel=1e-6)
        interval = wanted.confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx(tuple(interval), abs=1e-7)

    @pytest.mark.parametrize(
        ("differences", "wanted"),
        [
            pytest.param([0, 0], (0, 0, 0, 1), id="nothing differs"),
            pytest.param([0.1 + 0.2 - 0.3, 0], (0, 0, 0, 1), id="float noise"),
            pytest.param([-2, -2], (-2, NAN, NAN, NAN), id="all differ alike"),
            pytest.param([1], (1, NAN, NAN, NAN), id="one trial"),
            pytest.param([NAN, 1], (1, NAN, NAN, NAN), id="a trial that was not run"),
            pytest.param([], (NAN, NAN, NAN, NAN), id="no trial"),
        ],
    )
    def test_says_nothing_that_trials_cannot_tell(self, differences, wanted):
        assert tuple(compare(differences)) == same(*wanted)


def slow_holm(p_values):
    """Adjusted p by closed testing: the largest Bonferroni p over all subsets."""
    everyone = range(len(p_values))
    return [
        max(
            min(1.0, len(subset) * min(p_values[i] for i in subset))
            for size in range(1, len(p_values) + 1)
            for subset in itertools.combinations(everyone, size)
            if index in subset
        )
        for index in everyone
    ]


class TestHolm:
    @pytest.mark.parametrize(
        ("p_values", "wanted"),
        [
            # 0.005 * 4 = 0.02; 0.01 * 3 = 0.03; 0.03 * 2 = 0.06; 0.04 * 1 -> 0.06
            ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
            ([0.02, 0.02, 0.5], [0.06, 0.06, 0.5]),
            ([0.6, 0.7], [1.0, 1.0]),
            ([NAN, 0.01, NAN, 0.04], [NAN, 0.02, NAN, 0.04]),
            ([], []),
        ],
    )
    def test_agrees_with_examples_worked_by_hand(self, p_values, wanted):
        assert tuple(holm(p_values)) == same(*wanted)

    @pytest.mark.parametrize("seed", range(5))
    def test_agrees_with_closed_testing(self, seed):
        p_values = np.random.default_rng(seed).uniform(0, 0.4, size=6).tolist()
        assert list(holm(p_values)) == pytest.approx(slow_holm(p_values))


def combined(*tests):
    """Combine tests given as (mean difference, p-value)."""
    return stouffer(signed_z(*zip(*tests, strict=True)))


class TestStouffer:
    @pytest.mark.parametrize(
        ("tests", "wanted"),
        [
            # isf(0.025) = 1.959964 and isf(0.25) = 0.674490.
            pytest.param([(2.0, 0.05), (0.1, 0.5)], 2.634454, id="agree"),
            pytest.param([(2.0, 0.05), (-9.0, 0.5)], 1.285474, id="disagree"),
            pytest.param([(2.0, 0.05), (0.0, 1.0)], 1.959964, id="no evidence"),
            pytest.param([(0.1, 0.0), (-5.0, 0.01)], math.inf, id="zero decides"),
            pytest.param([(1.0, 0.0), (-1.0, 0.0)], 0.0, id="zeros disagree"),
            pytest.param([(1.0, NAN), (2.0, 0.05)], NAN, id="a test is missing"),
        ],
    )
    def test_adds_signed_scores_over_the_root_of_their_number(self, tests, wanted):
        assert combined(*tests) * math.sqrt(2) == pytest.approx(
            wanted, abs=2e-6, nan_ok=True
        )

    @pytest.mark.parametrize("seed", range(5))
    def test_agrees_with_scipy_on_one_sided_tests(self, seed):
        difference_ST = np.random.default_rng(seed).normal(size=(3, 6))
        tests = [compare(difference_T) for difference_T in difference_ST]
        found = combined(*((test.delta, test.p) for test in tests))
        one_sided_S = stats.ttest_1samp(
            difference_ST, 0, axis=1, alternative="greater"
        ).pvalue
        wanted = stats.combine_pvalues(one_sided_S, method="stouffer")
        assert found == pytest.approx(wanted.statistic, rel=1e-6)
        two_sided = 2 * min(wanted.pvalue, 1 - wanted.pvalue)
        assert two_sided_p(found) == pytest.approx(two_sided, rel=1e-6)

    @pytest.mark.parametrize("mean", [-1.0, 1.0])
    @pytest.mark.parametrize("p_value", [1e-300, 0.003, 0.5, 1.0, 0.0, NAN])
    def test_gives_one_test_back_as_it_was(self, mean, p_value):
        found = two_sided_p(combined((mean, p_value)))
        assert found == pytest.approx(p_value, rel=1e-9, nan_ok=True)


def test_the_sample_std_divides_by_one_less():
    assert sample_std([1.0, 3.0]) == pytest.approx(math.sqrt(2))
    assert math.isnan(sample_std([1.0]))


def test_pooled_std_is_the_root_mean_square_and_needs_every_spread():
    assert pooled_std([1.0, 7.0]) == 5.0
    assert math.isnan(pooled_std([1.0, NAN]))
