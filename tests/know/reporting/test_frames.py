"""Frames and numbers as text, and back."""

import pandas as pd
import pytest

from know.reporting.frames import cell, csv_text, read_csv
from know.reporting.text import plus_minus

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1.00"), (-0.001, "0.00"), (2.345678, "2.35"), (None, ""), (NAN, "")],
)
def test_decimals_are_fixed_and_never_minus_zero(value, text):
    assert cell(value, "z.2f") == text


def test_a_frame_is_read_back_as_it_was_written(tmp_path):
    frame = pd.DataFrame({"run": ["1", "nan"], "trials": [2, 3], "mean": [0.1, None]})
    text = csv_text(frame, "run trials mean", {})
    assert text == "run,trials,mean\n1,2,0.1000\nnan,3,\n"
    assert csv_text(frame, "mean", {"mean": ".1f"}) == 'mean\n0.1\n""\n'
    (tmp_path / "a.csv").write_text(text)
    pd.testing.assert_frame_equal(read_csv(tmp_path / "a.csv"), frame)


def test_a_spread_stands_only_where_there_is_one():
    assert plus_minus(1.234, 0.5) == "1.23 ± 0.50"
    assert plus_minus(1.234, NAN) == "1.23"
