"""Pooling over pre-training seeds, with numbers worked by hand."""

import pytest

from know.errors import KnowError
from know.reporting.seeds import over_seeds, seeds_csv
from know.reporting.table1 import tabulate

# Seed 0: naive 80, 82 (mean 81, std sqrt 2); known 81, 85 (mean 83, std sqrt 8).
# Seed 1: naive 70, 72 (mean 71, std sqrt 2); known 71, 73 (mean 72, std sqrt 2).
# known: deltas 2 and 1, mean 1.5, std sqrt(1/2); std over trials sqrt((8 + 2) / 2);
# std over seeds of 83 and 72: 11 / sqrt 2. Same norms are 80, 80 and 70, 72:
# deltas 3 and 1.
SEEDS = """\
fraction,method,factor,seeds,trials_per_seed,accuracy_mean,std_over_seeds,\
std_over_trials,delta_vs_naive,delta_std_over_seeds,delta_vs_same_norms
0.5,naive,1,2,2,76.0000,7.0711,1.4142,,,
0.5,known,2,2,2,77.5000,7.7782,2.2361,1.5000,0.7071,2.0000
0.5,known-same-norms,2,2,2,75.5000,6.3640,1.0000,-0.5000,0.7071,
0.5,oracle,2,1,2,73.0000,,1.4142,2.0000,,
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


def test_pools_the_numbers_worked_by_hand(two_seeds, runs, methods):
    assert (
        seeds_csv(over_seeds(tabulate(two_seeds, runs=runs, methods=methods))) == SEEDS
    )


def test_keeps_fractions_apart(two_seeds, make_run, methods):
    runs = [make_run("s0", fraction=1.0), make_run("s1", fraction=0.5)]
    pooled = over_seeds(tabulate(two_seeds, runs=runs, methods=methods))
    found = [(row.fraction, row.method.method, len(row.rows)) for row in pooled]
    assert found[:4] == [
        (1.0, "naive", 1),
        (1.0, "known", 1),
        (1.0, "known-same-norms", 1),
        (0.5, "naive", 1),
    ]


def test_refuses_two_runs_of_one_seed(two_seeds, make_run, methods):
    runs = [make_run("s0", seed=3), make_run("s1", seed=3)]
    table = tabulate(two_seeds, runs=runs, methods=methods)
    wanted = r"fraction 1 naive x1: wanted a seed for each run, s0, s1 have \[3, 3\]"
    with pytest.raises(KnowError, match=wanted):
        over_seeds(table)


def test_refuses_unlike_numbers_of_trials(two_seeds, runs, methods):
    scores = [s for s in two_seeds if s.run == "s0" or s.trial == 0]
    table = tabulate(scores, runs=runs, methods=methods)
    wanted = r"known x2: wanted equally many trials, s0, s1 have \[2, 1\]"
    with pytest.raises(KnowError, match=wanted):
        over_seeds(table)
