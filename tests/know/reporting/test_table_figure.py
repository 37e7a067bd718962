"""The figure of a table: what is read from the table and what is drawn."""

import io
import math

import pytest

from know.reporting.frames import read_csv
from know.reporting.table_figure import draw_table, pool_seeds

HEAD = "run,task,metric,fraction,method,factor,control,mean,delta_vs_naive\n"
TABLE = f"""\
{HEAD}\
r0,art,accuracy,1,naive,1,no,80.0,
r0,art,accuracy,1,known,2,no,82.0,2.0
r0,art,accuracy,1,known-same-norms,2,yes,81.0,1.0
r1,art,accuracy,1,naive,1,no,82.0,
r1,art,accuracy,1,known,2,no,83.0,1.0
r1,art,accuracy,1,oracle-fresh-norm,4,no,84.0,2.0
"""


def read(table):
    return read_csv(io.StringIO(table))


def test_pools_the_seeds_of_a_bar():
    naive, known, single, _ = pool_seeds(read(TABLE)).itertuples()
    assert naive.mean == 81
    # Differences 2 and 1 reach 12.706 * 0.5 to both sides of their mean.
    assert (known.deltas, known.delta) == ((2, 1), 1.5)
    assert (known.low, known.high) == pytest.approx((-4.853, 7.853), abs=1e-3)
    assert single.delta == 1
    assert math.isnan(single.low)


def test_tells_methods_controls_and_oracle_apart():
    bars = pool_seeds(read(TABLE))
    assert list(zip(bars["label"], bars["kind"], strict=True)) == [
        ("naive", "method"),
        ("known x2", "method"),
        ("known-same-norms x2", "control"),
        ("oracle-fresh-norm x4", "oracle (more data)"),
    ]


def rows(task, metric, fraction="1"):
    place = f"r0,{task},{metric},{fraction}"
    return f"{place},naive,1,no,80.0,\n{place},known,2,no,82.0,2.0\n"


def test_bars_start_at_naive_with_whiskers_and_a_dot_per_seed():
    [ax] = draw_table(read(TABLE)).axes
    starts = {bar.get_x() for bar in ax.patches}
    assert starts == {81}
    assert [bar.get_width() for bar in ax.patches] == [0, 1.5, 1, 2]
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[:2] == ["naive", "known x2"]
    dots = [line for line in ax.lines if line.get_linestyle() == "None"]
    assert [list(dot.get_xdata()) for dot in dots if len(dot.get_xdata()) == 2] == [
        [83, 82]
    ]


def test_heads_panels_by_task_and_fraction_where_they_differ():
    places = [
        (task, fraction) for task in ("art", "photo") for fraction in ("1", "0.5")
    ]
    table = HEAD + "".join(rows(task, "accuracy", f) for task, f in places)
    figure = draw_table(read(table))
    assert [ax.get_title() for ax in figure.axes] == [
        f"{task}\n{100 * float(fraction):g} % of the pre-training data"
        for task, fraction in places
    ]
    assert {ax.get_xlabel() for ax in figure.axes} == {"accuracy (%)"}


def test_draws_a_panel_per_metric_and_none_where_a_task_lacks_it():
    table = HEAD + rows("scenes", "miou") + rows("scenes", "class_accuracy")
    table += rows("digits", "accuracy")
    drawn = [ax.get_title() for ax in draw_table(read(table)).axes if ax.axison]
    assert drawn == ["scenes", "scenes", "digits"]
