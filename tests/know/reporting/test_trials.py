"""Scores as one frame, and what is refused."""

import pytest

from know.errors import KnowError
from know.reporting.table import collect_trials


def test_orders_rows_by_run_then_method_then_factor(
    make_facts, make_run, make_scores, scores
):
    other = [
        score
        for method in ("known", "naive")
        for score in make_scores("r1", method, [1.0])
    ]
    facts = make_facts(make_run("r1"), make_run("r0"))
    trials = collect_trials([*reversed(scores), *other], facts)
    rows = trials[["run", "method", "factor"]].drop_duplicates()
    assert list(rows.itertuples(index=False, name=None)) == [
        ("r1", "naive", 1),
        ("r1", "known", 1),
        ("r0", "naive", 1),
        ("r0", "known", 2),
        ("r0", "known", 4),
        ("r0", "known-same-norms", 2),
        ("r0", "known-same-norms", 4),
        ("r0", "oracle", 2),
    ]
    assert trials["trial"].tolist()[2:5] == [0, 1, 2]
    assert trials["value"].tolist()[2:5] == [80, 81, 82]


def test_keeps_factors_apart_at_one_horizon(make_facts, make_scores, methods):
    scores = [
        *make_scores("r0", "oracle", [1.0], factor=4.0),
        *make_scores("r0", "oracle", [1.0], factor=2.0),
    ]
    trials = collect_trials(scores, make_facts(methods=methods[3:]))
    assert trials["factor"].tolist() == [2, 4]


def test_names_the_trials_that_an_average_lacks(
    make_facts, make_scores, make_task, methods
):
    tasks = [make_task("art"), make_task("photo"), make_task("sketch")]
    facts = make_facts(methods=methods[:1], tasks=tasks, average=True)
    scores = [
        *make_scores("r0", "naive", [1.0, 2.0], task="art"),
        *make_scores("r0", "naive", [1.0], task="photo"),
        *make_scores("r0", "naive", [1.0], task="sketch"),
    ]
    with pytest.raises(KnowError) as refusal:
        collect_trials(scores, facts)
    assert str(refusal.value).splitlines() == [
        "an average needs every task in every trial:",
        "  - r0 average accuracy naive x1 (horizon 0): trial 1 lacks photo, sketch",
    ]
