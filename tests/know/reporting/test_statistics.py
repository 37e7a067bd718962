"""Paired comparisons and Holm's correction against numbers worked by hand."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from know.errors import KnowError
from know.reporting.statistics import (
    PairedComparison,
    compare_pairs,
    holm,
    holm_by_family,
    pooled_std,
    sample_std,
    stouffer_z,
    two_sided_p,
    unmatched_trials,
)


def by_trial(*values):
    return dict(enumerate(values))


class TestComparePairs:
    def test_agrees_with_a_t_test_worked_by_hand(self):
        # Differences 1, 2, 3: mean 2, standard deviation 1, t = 2 sqrt(3) with two
        # degrees of freedom, where P(|T| > t) = 1 - t / sqrt(2 + t^2).
        found = compare_pairs(by_trial(81, 83, 85), by_trial(80, 81, 82))
        assert found.mean == 2
        t = 2 * math.sqrt(3)
        assert found.p_value == pytest.approx(1 - t / math.sqrt(2 + t * t), rel=1e-12)

    def test_gives_the_interval_worked_by_hand(self):
        # The 97.5 % point of t with two degrees of freedom is 4.302653.
        found = compare_pairs(by_trial(81, 83, 85), by_trial(80, 81, 82))
        assert found.low == pytest.approx(2 - 4.302653 / math.sqrt(3), abs=1e-6)
        assert found.high == pytest.approx(2 + 4.302653 / math.sqrt(3), abs=1e-6)

    def test_agrees_with_scipy_on_random_values(self):
        rng = np.random.default_rng(0)
        values_T, reference_T = rng.normal(size=(2, 10)) + 80
        found = compare_pairs(by_trial(*values_T), by_trial(*reference_T))
        wanted = stats.ttest_rel(values_T, reference_T)
        assert found.p_value == pytest.approx(wanted.pvalue, rel=1e-6)
        interval = wanted.confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx(tuple(interval), abs=1e-7)

    def test_pairs_by_trial_number_and_not_by_order(self):
        found = compare_pairs({2: 4.0, 1: 2.0}, {1: 2.0, 2: 4.0})
        assert (found.mean, found.p_value) == (0, 1)

    def test_gives_one_where_nothing_differs(self):
        found = compare_pairs(by_trial(3.0, 4.0), by_trial(3.0, 4.0))
        assert (found.mean, found.low, found.high, found.p_value) == (0, 0, 0, 1)

    def test_gives_a_difference_but_no_test_where_all_differ_alike(self):
        found = compare_pairs(by_trial(3.0, 4.0), by_trial(5.0, 6.0))
        assert found.mean == -2
        assert (found.low, found.high, found.p_value) == (None, None, None)

    def test_does_not_take_float_noise_for_a_variance(self):
        found = compare_pairs(by_trial(0.1 + 0.2, 1.0), by_trial(0.3, 1.0))
        assert found.p_value == 1

    def test_gives_a_difference_but_no_test_of_one_trial(self):
        found = compare_pairs(by_trial(3.0), by_trial(2.0))
        assert found.mean == 1
        assert (found.low, found.high, found.p_value) == (None, None, None)

    def test_lists_the_trials_that_have_no_partner(self):
        with pytest.raises(KnowError, match=r"lacks trials \[0, 2\] of the reference"):
            compare_pairs({1: 1.0}, by_trial(1.0, 1.0, 1.0))

    def test_refuses_no_trials(self):
        with pytest.raises(KnowError, match="at least one trial, found none"):
            compare_pairs({}, {})


def test_unmatched_trials_names_both_sides():
    assert unmatched_trials({0: 1.0, 5: 1.0}, {0: 1.0, 3: 1.0}) == [
        "lacks trials [3] of the reference",
        "has trials [5] that the reference lacks",
    ]


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
    def test_agrees_with_an_example_worked_by_hand(self):
        # 0.005 * 4 = 0.02; 0.01 * 3 = 0.03; 0.03 * 2 = 0.06; 0.04 * 1 -> 0.06
        assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx(
            [0.03, 0.06, 0.06, 0.02]
        )

    @pytest.mark.parametrize("seed", range(5))
    def test_agrees_with_closed_testing(self, seed):
        p_values = np.random.default_rng(seed).uniform(0, 0.4, size=6).tolist()
        assert holm(p_values) == pytest.approx(slow_holm(p_values))

    def test_gives_ties_the_same_value(self):
        assert holm([0.02, 0.02, 0.5]) == pytest.approx([0.06, 0.06, 0.5])

    def test_never_exceeds_one(self):
        assert holm([0.6, 0.7]) == [1.0, 1.0]

    def test_neither_counts_nor_fills_what_was_not_tested(self):
        assert holm([None, 0.01, None, 0.04]) == [None, 0.02, None, 0.04]

    def test_takes_an_empty_table(self):
        assert holm([]) == []

    def test_corrects_each_family_by_itself(self):
        p_values = [0.01, 0.03, None, 0.04, 0.5]
        found = holm_by_family(["a", "b", "a", "a", "b"], p_values)
        assert found == [0.02, 0.06, None, 0.04, 0.5]


def compared(mean, p_value):
    return PairedComparison(mean=mean, low=None, high=None, p_value=p_value)


class TestStouffer:
    def test_agrees_with_an_example_worked_by_hand(self):
        # isf(0.025) = 1.959964 and isf(0.25) = 0.674490: their sum over sqrt(2).
        assert stouffer_z([compared(2.0, 0.05), compared(0.1, 0.5)]) == pytest.approx(
            2.634454 / math.sqrt(2), abs=1e-6
        )

    def test_subtracts_what_points_the_other_way(self):
        assert stouffer_z([compared(2.0, 0.05), compared(-9.0, 0.5)]) == pytest.approx(
            1.285474 / math.sqrt(2), abs=1e-6
        )

    @pytest.mark.parametrize("seed", range(5))
    def test_agrees_with_scipy_on_one_sided_tests(self, seed):
        values_ST, reference_ST = np.random.default_rng(seed).normal(size=(2, 3, 6))
        found = stouffer_z(
            [
                compare_pairs(by_trial(*values_T), by_trial(*reference_T))
                for values_T, reference_T in zip(values_ST, reference_ST, strict=True)
            ]
        )
        one_sided_S = stats.ttest_rel(
            values_ST, reference_ST, axis=1, alternative="greater"
        ).pvalue
        wanted = stats.combine_pvalues(one_sided_S, method="stouffer")
        assert found == pytest.approx(wanted.statistic, rel=1e-6)
        two_sided = 2 * min(wanted.pvalue, 1 - wanted.pvalue)
        assert two_sided_p(found) == pytest.approx(two_sided, rel=1e-6)

    @pytest.mark.parametrize("mean", [-1.0, 1.0])
    @pytest.mark.parametrize("p_value", [1e-300, 0.003, 0.5, 1.0, 0.0])
    def test_gives_one_test_back_as_it_was(self, mean, p_value):
        found = two_sided_p(stouffer_z([compared(mean, p_value)]))
        assert found == pytest.approx(p_value, rel=1e-9)

    def test_lets_a_p_of_zero_decide_alone(self):
        assert stouffer_z([compared(0.1, 0.0), compared(-5.0, 0.01)]) == math.inf
        assert two_sided_p(math.inf) == 0

    def test_gives_one_where_zeros_disagree_in_sign(self):
        tests = [compared(1.0, 0.0), compared(-1.0, 0.0), compared(1.0, 0.01)]
        assert two_sided_p(stouffer_z(tests)) == 1

    def test_counts_a_p_of_one_as_a_seed_without_evidence(self):
        assert stouffer_z([compared(2.0, 0.05), compared(0.0, 1.0)]) == pytest.approx(
            1.959964 / math.sqrt(2), abs=1e-6
        )

    def test_does_not_depend_on_the_order_of_the_seeds(self):
        tests = [compared(1.0, 0.1), compared(-1.0, 0.2), compared(1.0, 0.3)]
        assert stouffer_z(tests) == stouffer_z(tests[::-1])

    @pytest.mark.parametrize(
        "comparisons",
        [[], [None, None], [compared(1.0, None)], [compared(1.0, 0.1), None]],
    )
    def test_gives_none_where_a_test_is_missing(self, comparisons):
        assert stouffer_z(comparisons) is None
        assert two_sided_p(None) is None


def test_the_sample_std_divides_by_one_less():
    assert sample_std([1.0, 3.0]) == pytest.approx(math.sqrt(2))


def test_one_value_has_no_spread():
    assert sample_std([1.0]) is None


def test_pooled_std_is_the_root_mean_square():
    assert pooled_std([1.0, 7.0]) == 5.0


@pytest.mark.parametrize("stds", [[], [None], [1.0, None]])
def test_pooled_std_needs_every_spread(stds):
    assert pooled_std(stds) is None
