"""The published numbers, and how they are found."""

import re

import pytest

from know.reporting.paper import PAPER_TABLES
from know.reporting.text import metric_title

NUMBER = re.compile(r"(\d+,)?\d+\.\d+( ± \d+\.\d\d)?")


@pytest.mark.parametrize("table", sorted(PAPER_TABLES))
def test_every_cell_is_a_number_and_every_column_has_one(table):
    paper = PAPER_TABLES[table]
    assert all(map(NUMBER.fullmatch, paper.cells.values()))
    assert {column for _, _, column in paper.cells} == set(paper.columns)
    assert metric_title(paper.metric) != paper.metric


def test_the_average_of_table_3_is_that_of_its_columns():
    table = PAPER_TABLES["table3"]
    for factor in (3.0, 9.0):
        cells = [table.cell("KNOWN", factor, column) for column in table.columns]
        *domains, average = (float(cell.split(" ±")[0]) for cell in cells)
        assert sum(domains) / 4 == pytest.approx(average, abs=0.01)


def test_five_stages_of_table_6_are_the_first_column_of_table_1():
    first, sixth = PAPER_TABLES["table1"], PAPER_TABLES["table6"]
    for factor in (2.0, 4.0, 8.0):
        assert first.cell("KNOWN", factor, "100 %")
        found = sixth.cell("KNOWN", factor, "100 %", stages=5)
        assert found == first.cell("KNOWN", factor, "100 %")
