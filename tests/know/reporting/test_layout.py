"""Grouping scores into rows, and what is refused."""

import os
import subprocess
import sys

import pytest

from know.errors import KnowError
from know.reporting.layout import MethodFacts, collect_rows


def test_orders_rows_by_run_then_method_then_factor(
    make_run, make_scores, methods, scores
):
    other = [
        score
        for method in ("known", "naive")
        for score in make_scores("r1", method, [1.0])
    ]
    runs = [make_run("r1"), make_run("r0")]
    rows = collect_rows([*reversed(scores), *other], runs=runs, methods=methods)
    assert [(row.run.run, row.method.method, row.factor) for row in rows] == [
        ("r1", "naive", 1),
        ("r1", "known", 1),
        ("r0", "naive", 1),
        ("r0", "known", 2),
        ("r0", "known", 4),
        ("r0", "known-same-norms", 2),
        ("r0", "known-same-norms", 4),
        ("r0", "oracle", 2),
    ]


def test_orders_the_trials_of_a_row(make_run, methods, scores):
    rows = collect_rows(scores[::-1], runs=[make_run()], methods=methods)
    assert [score.trial for score in rows[0].scores] == [0, 1, 2]
    assert rows[0].accuracies == {0: 80, 1: 81, 2: 82}


def test_keeps_factors_apart_at_one_horizon(make_run, make_scores, methods):
    scores = [
        *make_scores("r0", "oracle", [1.0], factor=4.0),
        *make_scores("r0", "oracle", [1.0], factor=2.0),
    ]
    rows = collect_rows(scores, runs=[make_run()], methods=methods[3:])
    assert [row.factor for row in rows] == [2, 4]


def test_names_every_misfit_at_once(make_run, make_scores, methods):
    scores = [
        *make_scores("r7", "guess", [1.0]),
        *make_scores("r0", "naive", [1.0], task="segmentation", metric="miou"),
    ]
    with pytest.raises(KnowError) as refusal:
        collect_rows(scores, runs=[make_run(), make_run("r1")], methods=methods[:2])
    assert str(refusal.value).splitlines() == [
        "these scores do not make a table:",
        "  - wanted one task, found ['classification', 'segmentation']",
        "  - wanted accuracy, found the metric miou",
        "  - run r7 is not listed",
        "  - method guess is not listed",
        "  - run r1 has no score",
        "  - method known has no score",
    ]


def test_names_every_trial_that_is_there_twice(make_run, methods, scores):
    with pytest.raises(KnowError, match=r"r0 known x2 \(horizon 1\) has trial 0 2 tim"):
        collect_rows([*scores, scores[3]], runs=[make_run()], methods=methods)


def test_names_ids_that_are_listed_twice(make_run, methods, scores):
    with pytest.raises(KnowError, match="run r0 is listed 2 times"):
        collect_rows(scores, runs=[make_run(), make_run()], methods=methods)


@pytest.mark.parametrize("fraction", [0.0, -0.5, 1.5, float("nan")])
def test_refuses_a_fraction_that_is_none(make_run, fraction):
    with pytest.raises(KnowError, match=r"run r0 must lie in \(0, 1\], got"):
        make_run(fraction=fraction)


@pytest.mark.parametrize(
    ("method", "is_oracle"),
    [("oracle", True), ("oracle-fresh-norm", True), ("known", False)],
)
def test_knows_the_oracle_by_the_first_word_of_its_id(method, is_oracle):
    facts = MethodFacts(
        method=method, is_control=False, same_norms=None, paper_row=None
    )
    assert facts.is_oracle is is_oracle


def test_refuses_accuracies_that_are_not_numbers(make_run, make_scores, methods):
    scores = make_scores("r0", "naive", [80.0, float("nan")])
    with pytest.raises(KnowError, match=r"r0 naive x1 .*: trial 1 scored nan"):
        collect_rows(scores, runs=[make_run()], methods=methods[:1])


def test_the_room_never_loads_torch():
    modules = "know.reporting.markdown, know.reporting.figures"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    path = {"PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | path)
