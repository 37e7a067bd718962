"""The held-out figure: what is read, what is drawn, and the same bytes each time."""

import matplotlib as mpl
import pytest

from know.errors import KnowError
from know.reporting import hypernetwork_figures
from know.reporting.hypernetwork import held_out_csv, tabulate_errors
from know.reporting.hypernetwork_figures import plot_held_out, read_points

METHODS = ["linear-meta", "known"]
HEAD = "group,kind,horizon,method,median,median_low,median_high,p90"
TABLE = f"""\
{HEAD}
trials,conv,1,linear-meta,0.8,0.75,0.85,1.2
trials,conv,1,known,0.9,0.8,1.1,3.25
trials,conv,2,known,4.5,4,5,7.75
family,fc,1,known,0.7,,,0.7
"""


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draw a table and give the figure in place of a file."""

    def draw(table):
        figures = []
        monkeypatch.setattr(
            hypernetwork_figures,
            "save_svg",
            lambda figure, path: figures.append(figure),
        )
        plot_held_out(read_points(table), tmp_path / "a.svg", methods=METHODS)
        return figures[0]

    return draw


def panel(figure, title):
    return next(ax for ax in figure.axes if ax.get_title() == title)


def line_ends(ax):
    return [tuple(map(float, line.get_xdata())) for line in ax.lines]


def test_reads_the_table_as_it_is_written(held_out_errors):
    table = tabulate_errors(held_out_errors, methods=METHODS, reference="linear-meta")
    linear, known = read_points(held_out_csv(table))
    assert (linear.method, known.method) == ("linear-meta", "known")
    assert (known.group, known.kind, known.horizon) == ("trials", "conv", 1)
    assert known.median == pytest.approx(table[1].median.value)
    assert known.low == pytest.approx(table[1].median.low)
    assert known.high == pytest.approx(table[1].median.high)
    assert known.p90 == pytest.approx(table[1].p90.value)


def test_a_single_trial_has_no_interval():
    last = read_points(TABLE)[-1]
    assert (last.low, last.high) == (None, None)


def test_has_a_row_a_group_and_a_column_a_kind(drawn):
    assert [ax.get_title() for ax in drawn(TABLE).axes] == [
        "held-out trials: conv",
        "held-out trials: fc",
        "held-out families: conv",
        "held-out families: fc",
    ]


def test_draws_copying_whisker_and_interval(drawn):
    ends = line_ends(panel(drawn(TABLE), "held-out trials: conv"))
    assert ends[0] == (1, 1)
    assert (0.8, 1.2) in ends
    assert (0.75, 0.85) in ends


def test_cuts_what_is_too_long_and_says_where_it_ends(drawn):
    ax = panel(drawn(TABLE), "held-out trials: conv")
    assert (0.9, 2.0) in line_ends(ax)
    assert [text.get_text() for text in ax.texts] == ["3.25", "4.5 / 7.75"]
    # The lowest of all panels is 0.7.
    assert ax.get_xlim() == (pytest.approx(0.6), pytest.approx(2.05))


def test_methods_run_downwards(drawn):
    ax = drawn(TABLE).axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == METHODS
    low, high = ax.get_ylim()
    assert low > high


def test_draws_with_the_same_bytes_each_time(tmp_path):
    paths = [tmp_path / "a.svg", tmp_path / "b.svg"]
    plot_held_out(read_points(TABLE), paths[0], methods=METHODS)
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9}):
        plot_held_out(read_points(TABLE), paths[1], methods=METHODS)
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert first.startswith(b"<?xml")
    assert b"<dc:date>" not in first


def test_refuses_a_table_without_rows(tmp_path):
    with pytest.raises(KnowError, match="at least one row, found none"):
        plot_held_out(read_points(HEAD), tmp_path / "a.svg", methods=METHODS)


def test_names_the_methods_that_are_not_listed(tmp_path):
    with pytest.raises(KnowError, match="method known is not listed"):
        plot_held_out(read_points(TABLE), tmp_path / "a.svg", methods=METHODS[:1])
