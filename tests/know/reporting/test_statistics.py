"""Paired comparisons and Holm's correction against numbers worked by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from know.reporting.statistics import (
    Comparison,
    compare,
    detectable,
    equivalence_p,
    holm,
    pooled_std,
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
        assert (found.delta, found.std) == (2, 1)
        t = 2 * math.sqrt(3)
        assert found.p == pytest.approx(1 - t / math.sqrt(2 + t * t), rel=1e-12)
        assert found.low == pytest.approx(2 - 4.302653 / math.sqrt(3), abs=1e-6)
        assert found.high == pytest.approx(2 + 4.302653 / math.sqrt(3), abs=1e-6)

    @pytest.mark.parametrize(
        ("differences", "wanted"),
        [
            pytest.param([0, 0], (0, 0, 0, 0, 1), id="nothing differs"),
            pytest.param([0.1 + 0.2 - 0.3, 0], (0, 0, 0, 0, 1), id="float noise"),
            pytest.param([-2, -2], (-2, 0, NAN, NAN, NAN), id="all differ alike"),
            pytest.param([1], (1, NAN, NAN, NAN, NAN), id="one value"),
            pytest.param([NAN, 1], (1, NAN, NAN, NAN, NAN), id="one is missing"),
            pytest.param([], (NAN, NAN, NAN, NAN, NAN), id="no value"),
        ],
    )
    def test_says_nothing_that_the_values_cannot_tell(self, differences, wanted):
        assert tuple(compare(differences)) == same(*wanted)


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


class TestEquivalence:
    def test_is_the_larger_of_two_one_sided_tests_worked_by_hand(self):
        # Three differences of mean 0.5 and standard deviation sqrt(3): error 1. From
        # the margin 2.5 to the mean, t = 2 with two degrees of freedom, where
        # P(T > t) = (1 - t / sqrt(2 + t^2)) / 2; the other side, t = 3, is clearer.
        for mean in (0.5, -0.5):
            found = equivalence_p(Comparison(mean, math.sqrt(3)), 3, 2.5)
            assert found == pytest.approx((1 - 2 / math.sqrt(6)) / 2, rel=1e-12)

    @pytest.mark.parametrize(
        ("differences", "wanted"), [([0, 0], 0), ([2, 2], NAN), ([0.1], NAN), ([], NAN)]
    )
    def test_needs_a_spread_unless_nothing_differs(self, differences, wanted):
        found = equivalence_p(compare(differences), len(differences), 3)
        assert found == pytest.approx(wanted, nan_ok=True)


class TestDetectable:
    @pytest.mark.parametrize(("count", "level"), [(2, 0.05), (8, 0.05 / 6)])
    def test_is_found_with_80_percent_power(self, count, level):
        # T exceeds c where Z exceeds c s - shift, s^2 being chi-squared over its
        # degrees of freedom: the power is a mean over the quantiles of s.
        middle_N = (np.arange(100_000) + 0.5) / 100_000
        s_N = np.sqrt(stats.chi2.ppf(middle_N, count - 1) / (count - 1))
        c_N = stats.t.isf(level / 2, count - 1) * s_N
        shift = detectable(0.4, count, level) / 0.4 * math.sqrt(count)
        power = np.mean(stats.norm.sf(c_N - shift) + stats.norm.sf(c_N + shift))
        assert power == pytest.approx(0.8, abs=1e-4)

    def test_of_many_values_is_that_of_the_normal_distribution(self):
        # (1.959964 + 0.841621) standard errors.
        assert detectable(2.0, 10_000, 0.05) == pytest.approx(2.801585 / 50, rel=1e-3)

    @pytest.mark.parametrize(("std", "count"), [(NAN, 1), (0.0, 3)])
    def test_does_not_exist_without_a_spread(self, std, count):
        assert math.isnan(detectable(std, count, 0.05))


def test_pooled_std_is_the_root_mean_square_and_needs_every_spread():
    assert pooled_std([1.0, 7.0]) == 5.0
    assert math.isnan(pooled_std([1.0, NAN]))
