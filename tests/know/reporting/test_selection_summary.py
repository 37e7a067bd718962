"""Pooled selections, worked by hand."""

from dataclasses import replace

import pytest

from know.errors import KnowError
from know.reporting.selection import PickRow
from know.reporting.selection_summary import selection_page, summarise

ROW = PickRow(
    task="digits",
    run="r0",
    method="auto",
    trials=6,
    candidates=4,
    pick="known",
    horizon=2,
    probe_gain=3.0,
    gain=1.0,
    p_value=0.01,
    same_norms_gain=0.5,
    p_value_same_norms=0.2,
    best="known",
    best_horizon=2,
    best_gain=1.0,
    regret=0.0,
    rank=1,
    is_right=True,
)
# Gains 1, 0, -4, 7: mean 1, standard deviation sqrt(62 / 3) = 4.546, error 2.273; the
# t quantile at three degrees of freedom is 3.182, so the interval is 1 -+ 7.234.
ROWS = [
    ROW,
    replace(
        ROW,
        run="r1",
        pick="naive",
        horizon=0,
        gain=0.0,
        p_value=1.0,
        same_norms_gain=None,
        best_gain=2.0,
        regret=2.0,
        rank=3,
    ),
    replace(
        ROW,
        task="faces",
        gain=-4.0,
        p_value=0.04,
        same_norms_gain=-1.5,
        best="naive",
        best_horizon=0,
        best_gain=0.0,
        regret=4.0,
        rank=2,
        is_right=False,
    ),
    replace(
        ROW,
        task="faces",
        run="r1",
        trials=1,
        candidates=8,
        gain=7.0,
        p_value=None,
        best_gain=7.0,
        is_right=None,
    ),
]


@pytest.fixture
def page():
    return selection_page(ROWS)


def cells(page, title):
    lines = page.split(f"## {title}\n\n")[1].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


def test_counts_and_means_are_those_worked_by_hand(page):
    everything, digits, faces = cells(page, "Summary")
    assert everything == [
        "auto",
        "all",
        "4",
        "1",
        "2 (0.9)",  # 3 / 4 + 1 / 8
        "2 of 3",
        "1 of 3",
        "1 of 3",
        "+1.00 [-6.23, +8.23]",
        "-0.17 (n = 3)",
        "+2.50",
        "1.50",
    ]
    assert digits[:8] == [
        "auto",
        "digits",
        "2",
        "1",
        "1 (0.5)",
        "2 of 2",
        "0 of 2",
        "1 of 2",
    ]
    assert faces[:8] == [
        "auto",
        "faces",
        "2",
        "0",
        "1 (0.4)",
        "0 of 1",
        "1 of 1",
        "0 of 1",
    ]


def test_every_pair_stands_on_the_page(page):
    pairs = cells(page, "Pairs")
    assert len(pairs) == 4
    assert pairs[0] == [
        *("digits", "r0", "auto", "known, n = 2", "+1.00", "0.010", "+0.50"),
        *("known, n = 2", "+1.00", "0.00", "1 of 4", "yes"),
    ]
    assert pairs[1][3:7] == ["naive", "+0.00", "1.000", ""]
    assert pairs[3][-2:] == ["1 of 8", ""]


def test_both_measures_are_defined(page):
    for words in (
        "**picked the best**",
        "**right**",
        "**below naive**",
        "not corrected",
    ):
        assert words in page


def test_methods_are_never_pooled_with_each_other():
    rows = [ROW, replace(ROW, method="careful", gain=3.0)]
    found = [(s.method, s.task, s.gain.mean) for s in summarise(rows)]
    assert found == [("auto", "all", 1.0), ("careful", "all", 3.0)]


def test_a_single_pair_has_no_interval():
    ((*_, gain, _, _, _),) = cells(selection_page([ROW]), "Summary")
    assert gain == "+1.00"


def test_without_a_pair_there_is_no_page():
    with pytest.raises(KnowError, match="at least one pair, found none"):
        selection_page([])
