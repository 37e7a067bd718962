"""Selections beside their gains downstream, every number worked by hand."""

from dataclasses import replace

import pandas as pd
import pytest

from know.errors import KnowError
from know.reporting.selection import (
    check_selected,
    selection_csv,
    selection_page,
    tabulate_selections,
)
from know.reporting.table import collect_trials
from know.selection_record import CandidateScore, Selection

NAIVE, SOUP = [80.0, 81.0, 82.0], [81.0, 83.0, 85.0]
# r0 chose soup: gains 1, 2, 3, p = 0.0741799 with two degrees of freedom. r1 kept
# naive: no difference, p = 1. The leader of the probe is soup in both, and the largest
# detectable difference that of known.
TABLE = """\
task,run,seed,method,default,pick,candidates,leader,probe_difference,probe_error,\
detectable,trials,gain,p_value
digits,r0,0,auto,naive,soup,3,soup,0.6000,0.2000,1.2000,3,2.0000,0.074180
digits,r1,1,auto,naive,naive,3,soup,0.6000,0.2000,1.2000,3,0.0000,1.000000
"""


@pytest.fixture
def methods():
    return [
        {
            "method": name,
            "is_control": False,
            "same_norms": None,
            "paper_row": None,
            "stages": None,
            "horizons": [1] if name == "known" else [0],
        }
        for name in ("naive", "soup", "known", "auto")
    ]


@pytest.fixture
def make_rows(make_scores):
    """The scores of one run whose selecting method got `auto`."""

    def make(run, auto):
        return [
            *make_scores(run, "naive", NAIVE),
            *make_scores(run, "soup", SOUP),
            *make_scores(run, "known", NAIVE, horizon=1),
            *make_scores(run, "auto", auto),
        ]

    return make


def selection(run, pick):
    compared = {
        "naive": (0.0, None, None, None),
        "soup": (0.6, 0.2, 0.01, 0.59),
        "known": (-1.5, 0.4, 1.0, 1.2),
    }
    return Selection(
        run=run,
        method="auto",
        default="naive",
        pick=pick,
        candidates=[
            CandidateScore(
                method=method,
                horizon=0,
                accuracies=[50.0, 50.0],
                difference=difference,
                standard_error=error,
                p_value=p_value,
                detectable=detectable,
                weights="checksum",
            )
            for method, (difference, error, p_value, detectable) in compared.items()
        ],
        settings={},
        digests={},
        versions={},
    )


@pytest.fixture
def runs(make_run):
    return [make_run("r0"), make_run("r1", seed=1)]


@pytest.fixture
def facts(make_facts, runs):
    return make_facts(*runs)


@pytest.fixture
def scores(make_rows):
    return [*make_rows("r0", SOUP), *make_rows("r1", NAIVE)]


@pytest.fixture
def selections():
    return [selection("r0", "soup"), selection("r1", "naive")]


@pytest.fixture
def judge(selections):
    """Give the rows of some scores."""

    def rows(scores, facts):
        return tabulate_selections(collect_trials(scores, facts), selections, facts)

    return rows


def test_renders_the_table_worked_by_hand(judge, scores, facts):
    assert selection_csv(judge(scores, facts)) == TABLE


def test_a_choice_without_naive_s_trials_is_refused(judge, scores, facts):
    scores = [s for s in scores if (s.method, s.trial) != ("auto", 2)]
    with pytest.raises(KnowError, match=r"r0 digits accuracy auto .* trials \[2\]"):
        judge(scores, facts)


def test_every_planned_selection_is_demanded_once():
    planned = [{"run": f"r{n}", "method": "auto"} for n in range(3)]
    check_selected([selection(f"r{n}", "soup") for n in (2, 0, 1)], planned)
    found = [selection(run, "soup") for run in ("r0", "r1", "r1", "r3")]
    with pytest.raises(KnowError, match="delete the files") as caught:
        check_selected(found, planned)
    assert str(caught.value).splitlines()[1:] == [
        "  - r1 auto: twice",
        "  - r2 auto: missing",
        "  - r3 auto: not planned",
    ]


def test_every_task_is_compared_by_its_first_metric(
    judge, scores, runs, make_facts, make_task
):
    tasks = [make_task("digits", "accuracy", "loss"), make_task("faces")]
    others = [
        replace(score, **place)
        for score in scores
        for place in (
            {"task": "faces"},
            {"metric": "loss", "value": 0.0, "curve": [0.0]},
        )
    ]
    facts = make_facts(*runs, tasks=tasks, average=True)
    rows = judge([*scores, *others], facts)
    assert list(rows["task"]) == ["digits"] * 2 + ["faces"] * 2
    assert list(rows["gain"]) == [2.0, 0.0] * 2


class TestPage:
    # Means over the tasks of a seed: 0, 3, 3. Their mean is 2, their standard
    # deviation sqrt(3), the error 1; the t quantile at two degrees of freedom is 4.303.
    # Of digits alone: 1, 0, -1, so 0 -+ 4.303 / sqrt(3).
    @pytest.fixture
    def rows(self):
        place = ["task", "run", "seed", "pick", "gain", "p_value"]
        rows = pd.DataFrame(
            [
                ("digits", "r0", 0, "soup", 1.0, 0.01),
                ("digits", "r1", 1, "naive", 0.0, 1.0),
                ("digits", "r2", 2, "naive", -1.0, 0.03),
                ("faces", "r0", 0, "soup", -1.0, 0.2),
                ("faces", "r1", 1, "naive", 6.0, 0.04),
                ("faces", "r2", 2, "naive", 7.0, None),
            ],
            columns=place,
        )
        return rows.assign(
            method="auto",
            default="naive",
            leader="soup",
            probe_difference=0.6,
            probe_error=0.2,
            detectable=0.4,
        )

    def lines(self, rows, title):
        page = selection_page(rows).split(f"## {title}\n\n")[1]
        return page.split("\n\n")[0].strip().splitlines()[2:]

    def test_the_pre_training_seed_is_the_unit(self, rows):
        assert self.lines(rows, "Summary") == [
            "| auto | all | 6 | 3 | 1 of 3 | 1 | 2 | +2.00 [-2.30, +6.30] |",
            "| auto | digits | 3 | 3 | 1 of 3 | 1 | 1 | +0.00 [-2.48, +2.48] |",
            "| auto | faces | 3 | 3 | 1 of 3 | 0 | 1 | +4.00 [-6.83, +14.83] |",
        ]

    def test_every_choice_says_what_it_could_have_seen(self, rows):
        kept = "kept naive; soup +0.60 ± 0.20, differences under 0.40 would not show"
        assert self.lines(rows, "Choices") == [
            "| auto | r0 | chose soup (+0.60 ± 0.20, could have seen 0.40) |",
            f"| auto | r1 | {kept} |",
            f"| auto | r2 | {kept} |",
        ]

    def test_every_pair_has_its_gain(self, rows):
        first, *_, last = self.lines(rows, "Gains")
        assert first == "| auto | digits | r0 | +1.00 | 0.010 |"
        assert last == "| auto | faces | r2 | +7.00 |  |"

    def test_methods_are_never_pooled_with_each_other(self, rows):
        two = rows.head(2).assign(method=["auto", "careful"])
        # A single seed has no interval.
        assert self.lines(two, "Summary") == [
            "| auto | all | 1 | 1 | 1 of 1 | 0 | 1 | +1.00 |",
            "| careful | all | 1 | 1 | 0 of 1 | 0 | 0 | +0.00 |",
        ]
