"""Numbers as text."""

import pytest

from know.reporting.text import decimals, markdown_grid, percent, plus_minus


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1.00"), (-0.001, "0.00"), (2.345678, "2.35"), (None, "")]
)
def test_decimals_are_fixed_and_never_minus_zero(value, text):
    assert decimals(value, 2) == text


def test_a_spread_stands_only_where_there_is_one():
    assert plus_minus(1.234, 0.5) == "1.23 ± 0.50"
    assert plus_minus(1.234, None) == "1.23"


def test_a_share_is_as_short_as_it_can_be():
    assert percent(0.0625) == "6.25 %"


def test_a_grid_has_a_line_below_its_head():
    assert markdown_grid(["a", "b"], [["1", ""]]) == (
        "| a | b |\n| --- | --- |\n| 1 |  |"
    )
