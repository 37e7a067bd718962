"""Pooling over pre-training seeds, with numbers worked by hand."""

from dataclasses import replace

import pytest

from know.errors import KnowError
from know.reporting.table import seeds_csv

# Seed 0: naive 80, 82 (mean 81, std sqrt 2); known 81, 85 (mean 83, std sqrt 8).
# Seed 1: naive 70, 72 (mean 71, std sqrt 2); known 71, 73 (mean 72, std sqrt 2).
# known: deltas 2 and 1, mean 1.5, std sqrt(1/2); std over trials sqrt((8 + 2) / 2);
# std over seeds of 83 and 72: 11 / sqrt 2. Same norms are 80, 80 and 70, 72:
# deltas 3 and 1.
# Intervals: two differences a, b reach 12.706205 |a - b| / 2 to both sides of their
# mean: 6.3531 where they differ by 1, 12.7062 where they differ by 2. known - naive: 2
# and 1; known - same norms: 3 and 1, std sqrt 2; same norms - naive: -1 and 0.
SEEDS = """\
task,metric,fraction,method,stages,factor,seeds,trials_per_seed,mean,std_over_seeds,\
std_over_trials,delta_vs_naive,std_vs_naive,low_vs_naive,high_vs_naive,\
delta_vs_same_norms,std_vs_same_norms,low_vs_same_norms,high_vs_same_norms,zero_shot
digits,accuracy,0.5,naive,,1,2,2,76.0000,7.0711,1.4142,,,,,,,,,
digits,accuracy,0.5,known,,2,2,2,77.5000,7.7782,2.2361,1.5000,0.7071,-4.8531,7.8531,\
2.0000,1.4142,-10.7062,14.7062,
digits,accuracy,0.5,known-same-norms,,2,2,2,75.5000,6.3640,1.0000,-0.5000,0.7071,\
-6.8531,5.8531,,,,,
digits,accuracy,0.5,oracle,,2,1,2,73.0000,,1.4142,2.0000,,,,,,,,
"""


@pytest.fixture
def two_seeds(make_scores):
    """Give the oracle's row in the second seed only."""
    return [
        *make_scores("s0", "naive", [80.0, 82.0]),
        *make_scores("s0", "known", [81.0, 85.0], horizon=1),
        *make_scores("s0", "known-same-norms", [80.0, 80.0], horizon=1),
        *make_scores("s1", "naive", [70.0, 72.0]),
        *make_scores("s1", "known", [71.0, 73.0], horizon=1),
        *make_scores("s1", "known-same-norms", [70.0, 72.0], horizon=1),
        *make_scores("s1", "oracle", [72.0, 74.0], horizon=1),
    ]


@pytest.fixture
def runs(make_run):
    return [make_run(f"s{seed}", fraction=0.5, seed=seed) for seed in range(2)]


def test_pools_the_numbers_worked_by_hand(make_facts, two_seeds, runs, seeds_of):
    assert seeds_csv(seeds_of(two_seeds, make_facts(*runs))) == SEEDS


def test_zero_shot_accuracy_is_a_mean_over_seeds(make_facts, two_seeds, runs, seeds_of):
    measured = {"s0": 40.0, "s1": 43.0}
    scores = [
        replace(s, zero_shot=None if s.trial else measured[s.run]) for s in two_seeds
    ]
    pooled = seeds_of(scores, make_facts(*runs))
    # The oracle is there in the second seed only.
    assert pooled["zero_shot"].to_list() == [41.5, 41.5, 41.5, 43.0]


@pytest.mark.parametrize(
    ("seed", "trials", "found"),
    [
        (0, 2, r"seeds \[0, 0\], trials \[2, 2\]"),
        (1, 1, r"seeds \[0, 1\], trials \[2, 1\]"),
    ],
)
def test_refuses_what_is_no_row_of_seeds(
    make_facts, two_seeds, make_run, seeds_of, seed, trials, found
):
    scores = [s for s in two_seeds if s.run == "s0" or s.trial < trials]
    runs = [make_run("s0"), make_run("s1", seed=seed)]
    wanted = f"digits accuracy fraction 1 known x2: .* s0, s1 have {found}"
    with pytest.raises(KnowError, match=wanted):
        seeds_of(scores, make_facts(*runs))
