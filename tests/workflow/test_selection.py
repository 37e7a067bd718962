"""A method that chooses weights on pre-training data, and its table."""

import csv

import pytest

from know.selection_record import read_selections

pytestmark = pytest.mark.workflow

TABLES = ["results/selection.csv", "results/table1.csv"]
OVERLAY = """
methods: {auto: {select: [tsv, known]}}
tables: {table1: {methods: [naive, tsv, known, auto]}}
"""


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_pick_becomes_a_row_like_its_candidate(finished):
    run = finished.snakemake("--cores", "1", overlay=OVERLAY, targets=TABLES)
    assert run.returncode == 0, run.stdout
    results = finished.folder / "results"
    (pick,) = rows_of(results / "selection.csv")
    (chosen,) = read_selections([results / "selected/smoke-s0/auto.json"])
    assert (pick["pick"], int(pick["horizon"])) == (chosen.pick, chosen.horizon)
    assert len(chosen.candidates) == 3
    factor = {"0": "1", "1": "2"}[pick["horizon"]]
    means = {
        (row["method"], row["factor"]): row["mean"]
        for row in rows_of(results / "table1.csv")
    }
    assert means["auto", "1"] == means[pick["pick"], factor]


def test_without_a_selecting_method_there_is_no_table_of_selections(fresh):
    run = fresh.snakemake("--dry-run", "--cores", "1", targets=TABLES[:1])
    assert run.returncode != 0
    assert "none, such as auto" in run.stdout
