"""Frames and numbers as text, and back."""

import pandas as pd

from know.reporting.frames import csv_text, read_csv


def test_a_frame_is_read_back_as_it_was_written(tmp_path):
    frame = pd.DataFrame({"run": ["1", "nan"], "trials": [2, 3], "mean": [0.1, None]})
    text = csv_text(frame, "run trials mean", {})
    assert text == "run,trials,mean\n1,2,0.1000\nnan,3,\n"
    assert csv_text(frame, "mean", {"mean": ".1f"}) == 'mean\n0.1\n""\n'
    (tmp_path / "a.csv").write_text(text)
    pd.testing.assert_frame_equal(read_csv(tmp_path / "a.csv"), frame)
