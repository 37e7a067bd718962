"""Figures: what is read from the table, what is drawn, and the same bytes each time."""

import io
import math
import re

import matplotlib as mpl

from know.reporting.forgetting_figure import plot_forgetting
from know.reporting.frames import read_csv
from know.reporting.table_figure import plot_table, pool_seeds

HEAD = "run,task,metric,fraction,method,factor,control,mean,std"
TABLE = f"""\
{HEAD}
r0,art,accuracy,1,naive,1,no,80.0,1.0
r0,art,accuracy,1,known,2,no,82.0,1.0
r0,art,accuracy,1,known-same-norms,2,yes,81.0,
r1,art,accuracy,1,naive,1,no,82.0,7.0
r1,art,accuracy,1,oracle-fresh-norm,4,no,84.0,1.0
"""
STAGES = {"r0": [(80.0, 70.0), (78.0, 68.0)], "r1": [(79.0, None), (None, None)]}


def read(table):
    return read_csv(io.StringIO(table))


def test_pools_the_seeds_of_a_bar():
    naive, _, single, _ = pool_seeds(read(TABLE)).itertuples()
    assert (naive.means, naive.mean, naive.std) == ((80, 82), 81, 5)
    assert math.isnan(single.std)


def test_tells_methods_controls_and_oracle_apart():
    bars = pool_seeds(read(TABLE))
    assert list(zip(bars["label"], bars["kind"], strict=True)) == [
        ("naive", "method"),
        ("known x2", "method"),
        ("known-same-norms x2", "control"),
        ("oracle-fresh-norm x4", "oracle (more data)"),
    ]


def test_draws_the_table_with_the_same_bytes_each_time(tmp_path):
    paths = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for path in paths:
        plot_table(read(TABLE), path)
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert b"<dc:date>" not in first


def texts(path):
    """The words of a figure; matplotlib notes each as a comment beside its glyphs."""
    return re.findall(r"<!-- (.*?) -->", path.read_text())


def panel(task, metric, fraction="1"):
    place = f"r0,{task},{metric},{fraction}"
    return f"{place},naive,1,no,80.0,1.0\n{place},known,2,no,82.0,1.0\n"


def test_heads_panels_by_task_and_fraction_where_they_differ(tmp_path):
    table = (
        HEAD
        + "\n"
        + "".join(
            panel(task, "accuracy", fraction)
            for task in ("art", "photo")
            for fraction in ("1", "0.5")
        )
    )
    plot_table(read(table), tmp_path / "a.svg")
    words = texts(tmp_path / "a.svg")
    assert words.count("art") == words.count("photo") == 2
    assert words.count("50 % of the pre-training data") == 2
    assert words.count("accuracy (%)") == 4
    assert words.count("known x2") == 1


def test_draws_a_panel_a_metric_and_none_where_a_task_lacks_it(tmp_path):
    table = HEAD + "\n" + panel("scenes", "miou") + panel("scenes", "class_accuracy")
    table += panel("digits", "accuracy")
    plot_table(read(table), tmp_path / "a.svg")
    words = texts(tmp_path / "a.svg")
    assert words.count("scenes") == 2
    assert words.count("digits") == 1


def test_a_users_own_style_changes_nothing(tmp_path):
    plot_forgetting(STAGES, tmp_path / "a.svg")
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9}):
        plot_forgetting(STAGES, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_draws_more_runs_than_there_are_named_colours(tmp_path):
    many = {f"r{place}": [(80.0 - place, 70.0)] for place in range(12)}
    plot_forgetting(many, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")
