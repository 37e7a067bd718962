"""A method that chooses weights on pre-training data, and its table."""

import csv

import pytest

from know.selection_record import read_selections

pytestmark = pytest.mark.workflow

TABLES = ["results/selection.csv", "results/table1.csv"]
OVERLAY = """
methods: {auto: {default: ema, select: [naive, ema, tsv, line-search]}}
tables: {table1: {methods: [naive, ema, tsv, line-search, auto]}}
"""


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_recommended_becomes_a_row(finished):
    run = finished.snakemake("--cores", "1", overlay=OVERLAY, targets=TABLES)
    assert run.returncode == 0, run.stdout
    results = finished.folder / "results"
    (row,) = rows_of(results / "selection.csv")
    (chosen,) = read_selections([results / "selected/smoke-s0/auto.json"])
    assert (row["default"], row["pick"]) == ("ema", chosen.pick)
    assert len(chosen.candidates) == 4
    deltas = {
        row["method"]: row["delta_vs_naive"] for row in rows_of(results / "table1.csv")
    }
    assert deltas["auto"] == row["gain"]


def test_without_a_selecting_method_there_is_no_table_of_selections(fresh):
    run = fresh.snakemake("--dry-run", "--cores", "1", targets=TABLES[:1])
    assert run.returncode != 0
    assert "config/auto.yaml has one" in run.stdout
