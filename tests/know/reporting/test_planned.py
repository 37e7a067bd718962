"""A table has exactly the trials that its config plans, or is refused."""

from dataclasses import replace

import pytest

from know.errors import KnowError
from know.reporting.planned import check_planned


@pytest.fixture
def problems(make_facts):
    """Give the lines of the refusal, without their heading."""

    def lines(scores, facts=None):
        with pytest.raises(KnowError, match=r"^the scores are not those that") as found:
            check_planned(scores, facts or make_facts())
        return [line.removeprefix("  - ") for line in str(found.value).splitlines()[1:]]

    return lines


def test_all_that_is_planned_is_taken_in_any_order(make_facts, scores):
    check_planned(scores, make_facts())
    check_planned(scores[::-1], make_facts())


@pytest.mark.parametrize(
    ("left_out", "line"),
    [
        (
            {"method": "known", "horizon": 2},
            "known (horizon 2), missing: trials 0, 1, 2",
        ),
        ({"method": "oracle", "trial": 1}, "oracle (horizon 1), missing: trials 1"),
        ({"method": "naive"}, "naive (horizon 0), missing: trials 0, 1, 2"),
    ],
)
def test_what_is_missing_is_named(problems, scores, left_out, line):
    kept = [s for s in scores if not left_out.items() <= vars(s).items()]
    assert problems(kept) == [f"r0 digits accuracy {line}"]


def test_a_method_may_cover_some_of_the_runs(
    problems, make_scores, make_facts, make_run, methods
):
    oracle = {**methods[3], "runs": ["r0"]}
    facts = make_facts(make_run(), make_run("r1", seed=1), methods=[methods[0], oracle])
    naive = [s for run in ("r0", "r1") for s in make_scores(run, "naive", [1, 2, 3])]
    few = make_scores("r0", "oracle", [1, 2, 3], horizon=1)
    check_planned([*naive, *few], facts)
    assert problems(naive, facts) == [
        "r0 digits accuracy oracle (horizon 1), missing: trials 0, 1, 2"
    ]


def test_what_is_not_planned_or_there_twice_is_named(problems, scores):
    other = replace(scores[0], run="r7")
    assert problems([*scores, scores[0], other, replace(scores[1], trial=3)]) == [
        "r0 digits accuracy naive (horizon 0), twice: trials 0",
        "r0 digits accuracy naive (horizon 0), not planned: trials 3",
        "r7 digits accuracy naive (horizon 0), not planned: trials 0",
    ]
