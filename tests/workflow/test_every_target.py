"""Every table and figure of the paper, at its smallest, from nothing."""

import csv

import pytest

pytestmark = pytest.mark.workflow

TABLES = [f"results/table{number}.csv" for number in range(1, 8)]
FIGURES = ["results/figure3.svg", "results/figure4.svg", "results/captions.svg"]
# The first metric of each table, and those beside it.
METRICS = {
    "table1": {"accuracy"},
    "table2": {"accuracy"},
    "table3": {"accuracy", "accuracy_selected"},
    "table4": {"masked_accuracy", "bleu4", "cider"},
    "table5": {"miou", "class_accuracy"},
    "table6": {"accuracy"},
}


@pytest.fixture(scope="module")
def made(copy_finished, tmp_path_factory):
    workflow = copy_finished(tmp_path_factory.mktemp("made") / "copy")
    run = workflow.snakemake("--cores", "2", targets=[*TABLES, *FIGURES])
    assert run.returncode == 0, run.stdout
    return workflow.folder


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_there_is_every_table_and_figure(made):
    assert all((made / target).stat().st_size for target in [*TABLES, *FIGURES])


@pytest.mark.parametrize("table", METRICS)
def test_a_table_has_naive_and_a_prediction_in_every_metric(made, table):
    rows = rows_of(made / f"results/{table}.csv")
    assert {row["metric"] for row in rows} == METRICS[table]
    for metric in METRICS[table]:
        methods = {row["method"] for row in rows if row["metric"] == metric}
        assert {"naive", "known"} <= methods


def test_left_out_domains_are_averaged(made):
    tasks = {row["task"] for row in rows_of(made / "results/table3.csv")}
    assert tasks == {
        *("style-art", "style-sketch", "style-cartoon", "style-photo", "average"),
    }
