"""A table with every number worked by hand."""

from dataclasses import replace

import pytest

from know.errors import KnowError
from know.reporting.table import table_csv, times_csv

TABLE = """\
run,task,metric,fraction,method,stages,factor,control,trials,mean,std,delta_vs_naive,\
delta_vs_same_norms,norm_ratio,cosine,step_ratio,zero_shot
r0,digits,accuracy,1,naive,,1,no,3,81.0000,1.0000,,,0.500000,0.250000,0.750000,
r0,digits,accuracy,1,known,,2,no,3,83.0000,2.0000,2.0000,0.0000,\
0.500000,0.250000,0.750000,
r0,digits,accuracy,1,known,,4,no,3,83.0000,1.0000,2.0000,2.0000,\
0.500000,0.250000,0.750000,
r0,digits,accuracy,1,known-same-norms,,2,yes,3,83.0000,2.0000,2.0000,,\
0.500000,0.250000,0.750000,
r0,digits,accuracy,1,known-same-norms,,4,yes,3,81.0000,0.0000,0.0000,,\
0.500000,0.250000,0.750000,
r0,digits,accuracy,1,oracle,,2,no,3,81.0000,1.0000,0.0000,,\
0.500000,0.250000,0.750000,
"""


def test_renders_the_table_worked_by_hand(make_facts, scores, table_of):
    facts = make_facts()
    assert table_csv(table_of(scores, facts)) == TABLE
    assert table_csv(table_of(scores[::-1], facts)) == TABLE


def test_leaves_empty_what_one_trial_cannot_tell(
    make_facts, make_run, make_scores, methods, table_of
):
    scores = [
        *make_scores("r0", "naive", [80.0]),
        *make_scores("r0", "oracle", [81.5], horizon=1),
    ]
    facts = make_facts(make_run(fraction=0.0625), methods=[methods[0], methods[3]])
    lines = table_csv(table_of(scores, facts)).splitlines()[1:]
    assert [line.removesuffix(",0.500000,0.250000,0.750000,") for line in lines] == [
        "r0,digits,accuracy,0.0625,naive,,1,no,1,80.0000,,,",
        "r0,digits,accuracy,0.0625,oracle,,2,no,1,81.5000,,1.5000,",
    ]


def test_a_row_has_the_zero_shot_accuracy_that_trial_0_measured(
    make_facts, scores, table_of
):
    scores = [replace(s, zero_shot=41.5 if s.trial == 0 else None) for s in scores]
    table = table_of(scores[::-1], make_facts())
    assert table["zero_shot"].to_list() == [41.5] * 6
    assert table_csv(table).splitlines()[1].endswith(",0.750000,41.5000")


def test_renders_the_times(make_facts, scores, table_of):
    facts = make_facts()
    scores = [replace(score, seconds=1.0 + score.trial) for score in scores]
    assert times_csv(table_of(scores, facts), facts).splitlines()[:3] == [
        "run,task,method,factor,trials,seconds_mean,seconds_std",
        "r0,digits,naive,1,3,2.000,1.000",
        "r0,digits,known,2,3,2.000,1.000",
    ]


def test_lists_every_row_that_cannot_be_paired(make_facts, scores, table_of):
    lacking = [
        score
        for score in scores
        if (score.horizon, score.trial) != (1, 1)
        and (score.method, score.horizon) != ("known-same-norms", 2)
    ]
    digests = {"weights": "w", "train": "other", "test": "e"}
    lacking[-1] = replace(lacking[-1], digests=digests)
    with pytest.raises(KnowError) as refusal:
        table_of(lacking, make_facts())
    known, control, naive = (
        *("known x2 (horizon 1)", "known-same-norms x2 (horizon 1)"),
        "naive x1 (horizon 0)",
    )
    expected = {
        (known, naive): [1],
        (control, naive): [1],
        ("oracle x2 (horizon 1)", naive): [1, 2],
        ("known x4 (horizon 2)", "known-same-norms x4 (horizon 2)"): [0, 1, 2],
    }
    assert str(refusal.value).splitlines()[1:] == [
        f"  - r0 digits accuracy {row} against r0 digits accuracy {other}: trials "
        f"{trials} are missing from one of the two, or read other data"
        for (row, other), trials in expected.items()
    ]


class TestSeveralTasks:
    """Two tasks of two metrics each, one of which they share, and their average."""

    @pytest.fixture
    def facts(self, make_facts, make_task, methods):
        tasks = [make_task("art", "accuracy", "loss"), make_task("photo", "accuracy")]
        methods = [methods[0], methods[3]]
        return make_facts(methods=methods, tasks=tasks, average=True)

    @pytest.fixture
    def scores(self, make_scores):
        """Oracle - naive: art 1, 2, 3; photo 3, 0, 3; on average 2, 1, 3."""

        def both(task, naive, oracle, metric="accuracy"):
            place = {"task": task, "metric": metric, "digests": {"train": task}}
            return [
                *make_scores("r0", "naive", naive, **place),
                *make_scores("r0", "oracle", oracle, horizon=1, **place),
            ]

        return [
            *both("photo", [90.0, 90.0, 90.0], [93.0, 90.0, 93.0]),
            *both("art", [0.1, 0.2, 0.3], [0.1, 0.1, 0.1], metric="loss"),
            *both("art", [50.0, 50.0, 50.0], [51.0, 52.0, 53.0]),
        ]

    def test_has_rows_by_task_then_metric(self, facts, scores, table_of):
        rows = table_of(scores, facts)[["task", "metric", "method"]]
        assert list(rows.itertuples(index=False, name=None)) == [
            (task, metric, method)
            for task, metric in (
                *(("art", "accuracy"), ("art", "loss")),
                *(("photo", "accuracy"), ("average", "accuracy")),
            )
            for method in ("naive", "oracle")
        ]

    def test_averages_trial_by_trial(self, facts, scores, table_of):
        oracle = table_of(scores, facts).iloc[-1]
        assert (oracle["mean"], oracle["std"], oracle["delta_vs_naive"]) == (72, 1, 2)

    def test_an_average_pairs_the_data_of_each_task(self, facts, scores, table_of):
        place = next(i for i, s in enumerate(scores) if s.method == "oracle")
        scores[place] = replace(scores[place], digests={"train": "other"})
        with pytest.raises(KnowError) as refusal:
            table_of(scores, facts)
        problems = str(refusal.value).splitlines()[1:]
        assert [problem.split()[2] for problem in problems] == ["photo", "average"]
