"""What makes errors comparable, and what is refused."""

import re

import pytest

from know.errors import KnowError
from know.reporting.hypernetwork_cells import collect_cells


def collect(errors, methods=("linear-meta", "known"), reference="linear-meta"):
    return collect_cells(errors, methods=methods, reference=reference)


@pytest.fixture
def pair(make_errors):
    return [
        *make_errors("known", {(0, 3): 0.5, (0, 2): 0.25}),
        *make_errors("linear-meta", {(0, 2): 0.75, (0, 3): 1.0}),
    ]


def test_a_cell_holds_the_methods_in_the_tables_order(pair):
    [cell] = collect(pair)
    assert (cell.group, cell.kind, cell.horizon) == ("trials", "conv", 1)
    assert cell.windows == ((0, 2), (0, 3))
    assert list(cell.errors.items()) == [
        ("linear-meta", {(0, 2): 0.75, (0, 3): 1.0}),
        ("known", {(0, 2): 0.25, (0, 3): 0.5}),
    ]


def test_cells_go_by_group_kind_and_horizon(make_errors):
    places = [
        {"group": "dataset"},
        {"group": "trials", "kind": "bias"},
        {"group": "trials", "kind": "fc"},
        {"group": "family", "kind": "conv", "horizon": 3},
        {"group": "family", "kind": "conv", "horizon": 2},
        {"group": "trials", "kind": "conv"},
    ]
    errors = [e for place in places for e in make_errors("known", {(0, 2): 1}, **place)]
    cells = collect(errors, ["known"], "known")
    assert [(cell.group, cell.kind, cell.horizon) for cell in cells] == [
        ("trials", "conv", 1),
        ("trials", "fc", 1),
        ("trials", "bias", 1),
        ("family", "conv", 2),
        ("family", "conv", 3),
        ("dataset", "conv", 1),
    ]


def test_a_method_may_have_no_error_at_all_in_a_cell(pair, make_errors):
    more = make_errors("known", {(0, 2): 0.5}, kind="fc")
    cells = collect(pair + more)
    assert [list(cell.errors) for cell in cells] == [
        ["linear-meta", "known"],
        ["known"],
    ]


def test_windows_that_a_method_lacks_are_all_named(pair, make_errors):
    more = [
        *make_errors("known", {(4, 2): 0.5, (4, 3): 0.5}),
        *make_errors("linear-meta", {(5, 2): 0.5}),
    ]
    with pytest.raises(KnowError) as refusal:
        collect(pair + more)
    assert str(refusal.value).splitlines() == [
        "these methods cannot be compared window by window:",
        "  - trials conv horizon 1: known lacks trial 5 window 2",
        "  - trials conv horizon 1: linear-meta lacks trial 4 window 2, "
        "trial 4 window 3",
    ]


def test_windows_of_other_weights_are_named(pair, make_errors):
    more = [
        *make_errors("known", {(4, 2): 0.5}, weights=10),
        *make_errors("linear-meta", {(4, 2): 0.5}, weights=12),
    ]
    expected = "measured trial 4 window 2 on different numbers of weights, [10, 12]"
    with pytest.raises(KnowError, match=re.escape(expected)):
        collect(pair + more)


def test_everything_that_does_not_belong_is_named_at_once(pair, make_errors):
    more = [
        *make_errors("other", {(0, 2): 1.0}),
        *make_errors("known", {(0, 2): 1.0}, group="networks"),
        *make_errors("known", {(0, 2): 1.0}, kind="norm"),
        *make_errors("known", {(7, 2): float("nan")}),
        *make_errors("known", {(0, 2): 0.25}),
    ]
    with pytest.raises(KnowError) as refusal:
        collect(pair + more, ["linear-meta", "known", "absent"], "ar1")
    assert str(refusal.value).splitlines() == [
        "these errors do not make a table:",
        "  - group 'networks' is none of trials, family, dataset",
        "  - kind 'norm' is none of conv, fc, bias",
        "  - method other is not listed",
        "  - method absent has no error",
        "  - the reference ar1 is not a listed method",
        "  - known, trials conv horizon 1, trial 7 window 2: the error is nan",
        "  - known, trials conv horizon 1, trial 0 window 2 is there 2 times",
    ]


@pytest.mark.parametrize("value", [float("inf"), -0.5])
def test_what_cannot_be_an_error_is_refused(pair, make_errors, value):
    with pytest.raises(KnowError, match=f"the error is {value}"):
        collect(pair + make_errors("known", {(9, 2): value}))


def test_no_errors_are_refused():
    with pytest.raises(KnowError, match="at least one error, found none"):
        collect([])
