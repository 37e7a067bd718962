"""The held-out table, its page and its figure: numbers by hand, and what is refused."""

import csv
import io

import pandas as pd
import pytest

from know.errors import KnowError
from know.reporting.frames import read_csv
from know.reporting.hypernetwork import (
    CELL,
    collect_errors,
    held_out_csv,
    held_out_page,
    tabulate_errors,
)
from know.reporting.hypernetwork_figure import draw_held_out

METHODS = ["linear-meta", "known"]
COMPARED = {"methods": METHODS, "reference": "linear-meta"}


def collect(errors, methods=METHODS, horizons=None):
    horizons = horizons or {error.horizon for error in errors}
    return collect_errors(errors, methods=methods, horizons=horizons)


def tabulate(errors):
    return tabulate_errors(collect(errors), **COMPARED)


class TestChecks:
    @pytest.fixture
    def pair(self, make_errors):
        return [
            *make_errors("known", {(0, 3): 0.5, (0, 2): 0.25}),
            *make_errors("linear-meta", {(0, 2): 0.75, (0, 3): 1.0}),
        ]

    def test_windows_without_a_pair_are_all_named(self, pair, make_errors):
        more = [
            *make_errors("known", {(4, 2): 0.5, (6, 2): 0.5}),
            *make_errors("linear-meta", {(5, 2): 0.5}),
            *make_errors("linear-meta", {(6, 2): 0.5}, weights=12),
            *make_errors("known", {(0, 2): 0.25}),
        ]
        with pytest.raises(KnowError) as refusal:
            collect(pair + more)
        assert str(refusal.value).splitlines() == [
            "these methods cannot be compared window by window:",
            *(
                f"  - trials conv horizon 1, trial {trial} window 2: wanted each of "
                f"2 methods once on the same number of weights, found {methods} on "
                f"{weights}"
                for trial, methods, weights in (
                    *((0, 3, [10]), (4, 1, [10])),
                    *((5, 1, [10]), (6, 2, [10, 12])),
                )
            ),
        ]

    def test_everything_that_does_not_belong_is_named_at_once(self, pair, make_errors):
        more = make_errors("other", {(0, 2): 1.0})
        with pytest.raises(KnowError) as refusal:
            collect(pair + more, ["linear-meta", "known", "absent"], [2])
        assert str(refusal.value).splitlines() == [
            "these errors do not make a table; delete results/held_out and run again:",
            "  - method absent is listed and not there",
            "  - method other is not listed",
            "  - horizon 1 is not listed",
            "  - horizon 2 is listed and not there",
        ]


class TestTable:
    def test_numbers_by_hand(self, held_out_errors):
        linear, known = csv.DictReader(
            io.StringIO(held_out_csv(tabulate(held_out_errors)))
        )
        # linear-meta: 0.6 0.7 0.8 1.0 1.2; known: 0.5 0.5 0.9 0.9 1.6.
        assert (linear["method"], linear["trials"], linear["values"]) == (
            *("linear-meta", "3", "5"),
        )
        assert (linear["median"], linear["p90"]) == ("0.800000", "1.120000")
        assert linear["share_below_1"] == "0.6000"
        assert linear["difference_to_reference"] == linear["difference_low"] == ""
        assert (known["group"], known["kind"], known["horizon"]) == (
            *("trials", "conv", "1"),
        )
        assert (known["median"], known["p90"]) == ("0.900000", "1.320000")
        assert known["share_below_1"] == "0.8000"
        # Paired: -0.1, -0.2, +0.1, -0.1, +0.4.
        assert known["difference_to_reference"] == "-0.100000"

    def test_another_group_leaves_a_cells_intervals_as_they_were(
        self, held_out_errors, make_errors
    ):
        values = {(trial, 2): 0.1 * trial for trial in range(5)}
        more = [e for m in METHODS for e in make_errors(m, values, group="dataset")]
        pd.testing.assert_frame_equal(
            tabulate(held_out_errors + more).head(2), tabulate(held_out_errors)
        )

    def test_a_steady_difference_has_no_width_where_the_errors_scatter(
        self, make_errors
    ):
        # In sixteenths, so that all differences are exactly equal.
        values = {(trial, 2): trial / 16 for trial in range(12)}
        less = {window: error + 1 / 16 for window, error in values.items()}
        errors = make_errors("linear-meta", less) + make_errors("known", values)
        known = tabulate(errors).loc[1]
        assert known["difference_low"] == known["difference_high"] == -1 / 16
        assert known["median_high"] - known["median_low"] > 0.1

    def test_rows_go_by_group_kind_and_horizon(self, make_errors):
        places = [
            {"group": "dataset"},
            {"group": "trials", "kind": "bias"},
            {"group": "trials", "kind": "fc"},
            {"group": "family", "kind": "conv", "horizon": 3},
            {"group": "family", "kind": "conv", "horizon": 2},
            {"group": "trials", "kind": "conv"},
        ]
        errors = [e for p in places for e in make_errors("known", {(0, 2): 1}, **p)]
        only = {"methods": ["known"], "reference": "known"}
        table = tabulate_errors(collect(errors, ["known"]), **only)
        assert list(table[CELL].itertuples(index=False, name=None)) == [
            ("trials", "conv", 1),
            ("trials", "fc", 1),
            ("trials", "bias", 1),
            ("family", "conv", 2),
            ("family", "conv", 3),
            ("dataset", "conv", 1),
        ]

    def test_a_single_trial_has_no_intervals(self, make_errors):
        errors = [e for m in METHODS for e in make_errors(m, {(3, 2): 0.5})]
        assert held_out_csv(tabulate(errors)).splitlines()[2] == (
            "trials,conv,1,known,1,1,0.500000,,,0.500000,,,1.0000,0.000000,,"
        )


class TestPage:
    @pytest.fixture
    def errors(self, held_out_errors, make_errors):
        further = {(8, 2): 2.0, (9, 2): 20.0}
        more = [
            e
            for method in METHODS
            for e in make_errors(method, further, group="family", kind="fc", horizon=2)
        ]
        return held_out_errors + more

    def render(self, errors, methods=METHODS):
        compared = {"methods": methods, "reference": "linear-meta"}
        frame = collect(errors, methods)
        table = tabulate_errors(frame, **compared)
        return held_out_page(
            table, errors=frame, **compared, note="Made for this test."
        )

    def section(self, page, title):
        return page.split(f"## {title}\n")[1].split("\n## ")[0]

    def known_families(self, page):
        return self.section(page, "Held-out trials of known families and data sets")

    def test_lays_out_trials_medians_and_differences(self, errors):
        text = self.known_families(self.render(errors))
        assert "- trials: 3\n" in text
        assert "- families: `mlp` 1, `simplenet` 2\n" in text
        assert "- data sets: `shapes` 3\n" in text
        assert "| method | conv +1 |\n| --- | --- |" in text
        assert "| linear-meta | **0.800** (1.120) |\n| known | 0.900 (1.320) |" in text
        line = text.split("Difference from `linear-meta`:")[1].strip().splitlines()[-1]
        assert line.startswith("| known | -0.100 [-0.")

    def test_marks_medians_above_1_and_every_best_one(self, errors):
        text = self.section(self.render(errors), "Held-out architecture families")
        assert "| linear-meta | **11** (18.2) † |\n| known | **11** (18.2) † |" in text


TABLE = """\
group,kind,horizon,method,median,median_low,median_high,p90
trials,conv,1,linear-meta,0.8,0.75,0.85,1.2
trials,conv,1,known,0.9,0.8,1.1,3.25
trials,conv,2,known,4.5,4,5,7.75
family,fc,1,known,0.7,,,0.7
"""


class TestFigure:
    @pytest.fixture
    def drawn(self):
        table = read_csv(io.StringIO(TABLE))
        return draw_held_out(table, methods=METHODS)

    def test_has_a_row_per_group_and_a_column_per_kind(self, drawn):
        assert [ax.get_title() for ax in drawn.axes] == [
            "held-out trials: conv",
            "held-out trials: fc",
            "held-out families: conv",
            "held-out families: fc",
        ]
        labels = drawn.axes[0].get_yticklabels()
        assert [label.get_text() for label in labels] == METHODS
        low, high = drawn.axes[0].get_ylim()
        assert low > high

    def test_draws_whiskers_and_says_where_cut_ones_end(self, drawn):
        ax = drawn.axes[0]
        ends = [tuple(map(float, line.get_xdata())) for line in ax.lines]
        assert ends[0] == (1, 1)
        assert {(0.8, 1.2), (0.75, 0.85), (0.9, 2.0)} <= set(ends)
        assert [text.get_text() for text in ax.texts] == ["3.25", "4.5 / 7.75"]
        # The lowest of all panels is 0.7.
        assert ax.get_xlim() == (pytest.approx(0.6), pytest.approx(2.05))
