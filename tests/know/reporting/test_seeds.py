"""Pooling over pre-training seeds, with numbers worked by hand."""

import pytest

from know.errors import KnowError
from know.reporting.table import over_seeds, seeds_csv

# Seed 0: naive 80, 82 (mean 81, std sqrt 2); known 81, 85 (mean 83, std sqrt 8).
# Seed 1: naive 70, 72 (mean 71, std sqrt 2); known 71, 73 (mean 72, std sqrt 2).
# known: deltas 2 and 1, mean 1.5, std sqrt(1/2); std over trials sqrt((8 + 2) / 2);
# std over seeds of 83 and 72: 11 / sqrt 2. Same norms are 80, 80 and 70, 72:
# deltas 3 and 1.
# Tests: two differences give p = 1 - (2 / pi) atan(t), or none if equal but not zero.
# known: seed 1 has 1, 1, so none for both comparisons. Same norms - naive: 0, -2 has
# t = -1, p = 1/2, z = -0.674490; 0, 0 has z = 0; z = -0.476936, p = 0.633407, the only
# one. oracle - naive: 2, 2, none.
SEEDS = """\
task,metric,fraction,method,stages,factor,seeds,trials_per_seed,mean,std_over_seeds,\
std_over_trials,delta_vs_naive,delta_std_over_seeds,p_value,delta_vs_same_norms,\
p_value_same_norms
digits,accuracy,0.5,naive,,1,2,2,76.0000,7.0711,1.4142,,,,,
digits,accuracy,0.5,known,,2,2,2,77.5000,7.7782,2.2361,1.5000,0.7071,,2.0000,
digits,accuracy,0.5,known-same-norms,,2,2,2,75.5000,6.3640,1.0000,-0.5000,0.7071,0.633407,,
digits,accuracy,0.5,oracle,,2,1,2,73.0000,,1.4142,2.0000,,,,
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


def test_combines_raw_p_values_and_corrects_over_the_pooled_rows(
    make_facts, make_scores, runs, seeds_of
):
    # Differences 1, 2, 3 give p = 0.0741799, z = 1.785502; twice: z = 2.525081,
    # p = 0.011567. Against naive: known and oracle so, the control 0, 0, 0 twice,
    # p = 1; Holm multiplies both of the tie by three. Same norms: known alone.
    scores = [
        score
        for run in ("s0", "s1")
        for score in (
            *make_scores(run, "naive", [80.0, 81.0, 82.0]),
            *make_scores(run, "known", [81.0, 83.0, 85.0], horizon=1),
            *make_scores(run, "known-same-norms", [80.0, 81.0, 82.0], horizon=1),
            *make_scores(run, "oracle", [81.0, 83.0, 85.0], horizon=1),
        )
    ]
    pooled = seeds_of(scores, make_facts(*runs))
    p_naive = [float("nan"), 3 * 0.011567, 1, 3 * 0.011567]
    assert list(pooled["p_value"]) == pytest.approx(p_naive, abs=3e-6, nan_ok=True)
    assert pooled["p_value_same_norms"].dropna().to_dict() == {
        1: pytest.approx(0.011567, abs=1e-6)
    }


def test_gives_one_seed_the_p_values_of_its_own_run(make_facts, scores, table_of):
    facts = make_facts()
    table = table_of(scores, facts)
    pooled = over_seeds(table, facts)
    for name in ("p_value", "p_value_same_norms"):
        assert list(pooled[name]) == pytest.approx(list(table[name]), nan_ok=True)


def test_keeps_fractions_apart(make_facts, two_seeds, make_run, seeds_of):
    runs = [make_run("s0", fraction=1.0), make_run("s1", fraction=0.5)]
    pooled = seeds_of(two_seeds, make_facts(*runs))
    found = pooled[["fraction", "method", "seeds"]].head(4)
    assert list(found.itertuples(index=False, name=None)) == [
        (1.0, "naive", 1),
        (1.0, "known", 1),
        (1.0, "known-same-norms", 1),
        (0.5, "naive", 1),
    ]


def test_keeps_tasks_and_metrics_apart_and_corrects_each_metric(
    make_facts, make_task, make_scores, runs, methods, seeds_of
):
    # oracle - naive: 1, 2, 3 in both seeds, p = 0.011567; twice in accuracy, once in
    # the loss.
    tasks = [make_task("art", "accuracy", "loss"), make_task("photo")]
    scores = [
        score
        for run in ("s0", "s1")
        for task in tasks
        for metric in task["metrics"]
        for score in (
            *make_scores(run, "naive", [0.0] * 3, task=task["task"], metric=metric),
            *make_scores(
                run, "oracle", [1, 2, 3], horizon=1, task=task["task"], metric=metric
            ),
        )
    ]
    facts = make_facts(*runs, methods=[methods[0], methods[3]], tasks=tasks)
    pooled = seeds_of(scores, facts)
    assert pooled.set_index(["task", "metric"])["p_value"].dropna().to_dict() == {
        ("art", "accuracy"): pytest.approx(2 * 0.011567, abs=2e-6),
        ("art", "loss"): pytest.approx(0.011567, abs=1e-6),
        ("photo", "accuracy"): pytest.approx(2 * 0.011567, abs=2e-6),
    }


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
