"""The held-out table: numbers by hand, intervals over trials, columns."""

import csv
import io

import pytest

from know.reporting.hypernetwork import held_out_csv, tabulate_errors

METHODS = ["linear-meta", "known"]


def tabulate(errors):
    return tabulate_errors(errors, methods=METHODS, reference="linear-meta")


def test_numbers_by_hand(held_out_errors):
    linear, known = tabulate(held_out_errors)
    assert (linear.method, linear.trials, linear.values) == ("linear-meta", 3, 5)
    # linear-meta: 0.6 0.7 0.8 1.0 1.2; known: 0.5 0.5 0.9 0.9 1.6.
    assert linear.median.value == pytest.approx(0.8)
    assert linear.p90.value == pytest.approx(1.0 + 0.6 * 0.2)
    assert linear.share_below_1 == pytest.approx(3 / 5)
    assert linear.difference is None
    assert known.median.value == pytest.approx(0.9)
    assert known.p90.value == pytest.approx(0.9 + 0.6 * 0.7)
    assert known.share_below_1 == pytest.approx(4 / 5)
    # Paired: -0.1, -0.2, +0.1, -0.1, +0.4.
    assert known.difference.value == pytest.approx(-0.1)


def test_an_interval_lies_around_its_estimate(held_out_errors):
    for row in tabulate(held_out_errors):
        for estimate in filter(None, (row.median, row.p90, row.difference)):
            assert estimate.low <= estimate.value <= estimate.high
            assert estimate.low < estimate.high


def test_the_same_errors_in_another_order_make_the_same_table(held_out_errors):
    assert tabulate(held_out_errors) == tabulate(held_out_errors[::-1])


def test_another_group_leaves_a_cells_intervals_as_they_were(
    held_out_errors, make_errors
):
    values = {(trial, 2): 0.1 * trial for trial in range(5)}
    more = [e for m in METHODS for e in make_errors(m, values, group="dataset")]
    assert tabulate(held_out_errors + more)[:2] == tabulate(held_out_errors)


def test_a_steady_difference_has_no_width_where_the_errors_scatter(make_errors):
    # In sixteenths, so that all differences are exactly equal.
    values = {(trial, 2): trial / 16 for trial in range(12)}
    less = {window: error + 1 / 16 for window, error in values.items()}
    errors = make_errors("linear-meta", less) + make_errors("known", values)
    known = tabulate(errors)[1]
    assert (known.difference.low, known.difference.high) == (-1 / 16, -1 / 16)
    assert known.median.high - known.median.low > 0.1


def test_a_method_without_its_reference_has_no_difference(held_out_errors, make_errors):
    alone = tabulate(held_out_errors + make_errors("known", {(0, 2): 0.5}, kind="fc"))
    assert [(row.kind, row.method) for row in alone] == [
        ("conv", "linear-meta"),
        ("conv", "known"),
        ("fc", "known"),
    ]
    assert alone[2].difference is None


def test_copying_is_not_below_1(make_errors):
    copied = {(0, 2): 1.0, (1, 2): 1.0}
    rows = tabulate([e for m in METHODS for e in make_errors(m, copied)])
    assert [row.share_below_1 for row in rows] == [0, 0]


def test_csv_has_a_row_a_method_and_the_columns_named(held_out_errors):
    text = held_out_csv(tabulate(held_out_errors))
    assert text.splitlines()[0] == (
        "group,kind,horizon,method,trials,values,median,median_low,median_high,"
        "p90,p90_low,p90_high,share_below_1,"
        "difference_to_reference,difference_low,difference_high"
    )
    linear, known = csv.DictReader(io.StringIO(text))
    assert linear["difference_to_reference"] == linear["difference_low"] == ""
    assert (known["group"], known["kind"], known["horizon"]) == ("trials", "conv", "1")
    assert (known["trials"], known["values"]) == ("3", "5")
    assert (known["median"], known["p90"]) == ("0.900000", "1.320000")
    assert known["share_below_1"] == "0.8000"
    assert known["difference_to_reference"] == "-0.100000"


def test_csv_leaves_the_intervals_of_a_single_trial_empty(make_errors):
    errors = [e for m in METHODS for e in make_errors(m, {(3, 2): 0.5})]
    known = list(csv.DictReader(io.StringIO(held_out_csv(tabulate(errors)))))[1]
    assert known["median"] == "0.500000"
    assert known["difference_to_reference"] == "0.000000"
    for name in ("median_low", "median_high", "p90_low", "difference_high"):
        assert known[name] == ""
