"""Table 1 with every number worked by hand."""

from dataclasses import replace

import pytest

from know.errors import KnowError
from know.reporting.table1 import decimals, table_csv, tabulate, times_csv

# Paired t-tests on differences 1, 2, 3 give p = 0.0741799 (two degrees of freedom).
# Against naive, five rows are tested: p = 0 (known x4), twice 0.0741799, and 1 twice.
# Holm: 5 * 0 = 0; 4 * 0.0741799 = 0.296720 for both of the tie; 1, 1.
# Against the same norms, two rows: 1 (known x2), 2 * 0.0741799 = 0.148360 (known x4).
TABLE = """\
run,fraction,method,factor,control,trials,accuracy_mean,accuracy_std,delta_vs_naive,\
p_value,delta_vs_same_norms,p_value_same_norms,norm_ratio,cosine,step_ratio
r0,1,naive,1,no,3,81.0000,1.0000,,,,,0.500000,0.250000,0.750000
r0,1,known,2,no,3,83.0000,2.0000,2.0000,0.296720,0.0000,1.000000,\
0.500000,0.250000,0.750000
r0,1,known,4,no,3,83.0000,1.0000,2.0000,0.000000,2.0000,0.148360,\
0.500000,0.250000,0.750000
r0,1,known-same-norms,2,yes,3,83.0000,2.0000,2.0000,0.296720,,,\
0.500000,0.250000,0.750000
r0,1,known-same-norms,4,yes,3,81.0000,0.0000,0.0000,1.000000,,,\
0.500000,0.250000,0.750000
r0,1,oracle,2,no,3,81.0000,1.0000,0.0000,1.000000,,,0.500000,0.250000,0.750000
"""


def test_renders_the_table_worked_by_hand(make_run, methods, scores):
    assert table_csv(tabulate(scores, runs=[make_run()], methods=methods)) == TABLE


def test_does_not_depend_on_the_order_of_the_scores(make_run, methods, scores):
    table = tabulate(scores[::-1], runs=[make_run()], methods=methods)
    assert table_csv(table) == TABLE


def test_leaves_empty_what_one_trial_cannot_tell(make_run, make_scores, methods):
    scores = [
        *make_scores("r0", "naive", [80.0]),
        *make_scores("r0", "oracle", [81.5], horizon=1),
    ]
    methods = [methods[0], methods[3]]
    table = tabulate(scores, runs=[make_run(fraction=0.0625)], methods=methods)
    assert table_csv(table).splitlines()[1:] == [
        "r0,0.0625,naive,1,no,1,80.0000,,,,,,0.500000,0.250000,0.750000",
        "r0,0.0625,oracle,2,no,1,81.5000,,1.5000,,,,0.500000,0.250000,0.750000",
    ]


def test_corrects_over_the_runs_of_the_table_together(make_run, make_scores, methods):
    scores = [
        score
        for run in ("r0", "r1")
        for score in (
            *make_scores(run, "naive", [80.0, 81.0, 82.0]),
            *make_scores(run, "oracle", [81.0, 83.0, 85.0], horizon=1),
        )
    ]
    runs = [make_run("r0"), make_run("r1", seed=1)]
    table = tabulate(scores, runs=runs, methods=[methods[0], methods[3]])
    tested = [row.p_value for row in table if row.p_value is not None]
    assert tested == pytest.approx([2 * 0.0741799] * 2, abs=1e-6)


def test_keeps_the_raw_p_values_beside_the_corrected(make_run, methods, scores):
    known = tabulate(scores, runs=[make_run()], methods=methods)[1]
    assert known.vs_naive.p_value == pytest.approx(0.0741799, abs=1e-6)
    assert known.p_value == pytest.approx(4 * 0.0741799, abs=1e-6)


def test_renders_the_times(make_run, methods, scores):
    scores = [replace(score, seconds=1.0 + score.trial) for score in scores]
    table = tabulate(scores, runs=[make_run()], methods=methods)
    assert times_csv(table).splitlines()[:3] == [
        "run,method,factor,trials,seconds_mean,seconds_std",
        "r0,naive,1,3,2.000,1.000",
        "r0,known,2,3,2.000,1.000",
    ]


def test_lists_every_row_that_lacks_a_trial_of_naive(make_run, methods, scores):
    lacking = [score for score in scores if score.trial != 1 or score.horizon != 1]
    with pytest.raises(KnowError) as refusal:
        tabulate(lacking, runs=[make_run()], methods=methods)
    found = str(refusal.value).splitlines()[1:]
    naive = "r0 naive x1 (horizon 0): lacks trials [1] of the reference"
    assert found == [
        f"  - r0 {method} x2 (horizon 1) against {naive}"
        for method in ("known", "known-same-norms", "oracle")
    ]


def test_refuses_a_run_without_naive(make_run, methods, scores):
    scores = [score for score in scores if score.method == "oracle"]
    with pytest.raises(KnowError, match=r"r0 oracle x2 .*: its run has no naive row"):
        tabulate(scores, runs=[make_run()], methods=methods[3:])


def test_refuses_a_method_whose_control_is_missing(make_run, methods, scores):
    scores = [s for s in scores if (s.method, s.horizon) != ("known-same-norms", 2)]
    with pytest.raises(KnowError, match=r"known x4 .* no known-same-norms row for it"):
        tabulate(scores, runs=[make_run()], methods=methods)


def test_refuses_pairs_that_read_other_data(make_run, methods, scores):
    digests = {"weights": "w", "train": "other", "test": "e"}
    scores[-1] = replace(scores[-1], digests=digests)
    with pytest.raises(KnowError, match=r"oracle x2 .*: trials \[2\] read other data"):
        tabulate(scores, runs=[make_run()], methods=methods)


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1.00"), (-0.001, "0.00"), (2.345678, "2.35"), (None, "")]
)
def test_decimals_are_fixed_and_never_minus_zero(value, text):
    assert decimals(value, 2) == text
