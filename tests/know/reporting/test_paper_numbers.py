"""The published numbers, and how they are found."""

import pytest

from know.reporting.facts import MethodFacts
from know.reporting.metrics import metric_title
from know.reporting.paper import PaperScore
from know.reporting.paper_numbers import PAPER_TABLES

FRACTIONS = ("100 %", "50 %", "25 %", "12.5 %", "6.25 %")


@pytest.fixture
def known():
    return MethodFacts(
        method="ours", is_control=False, same_norms=None, paper_row="KNOWN"
    )


@pytest.mark.parametrize("factor", [2.0, 4.0, 8.0])
def test_known_has_a_number_with_its_spread_for_every_fraction(factor):
    cells = PAPER_TABLES["table1"].cells
    found = [cells["KNOWN", factor, fraction] for fraction in FRACTIONS]
    assert all(score.std is not None and 91 < score.mean < 94 for score in found)


def test_naive_is_known_for_two_fractions_without_spread():
    cells = PAPER_TABLES["table1"].cells
    found = {key[2]: score for key, score in cells.items() if key[0] == "naive"}
    assert found == {"100 %": PaperScore(92.40), "50 %": PaperScore(92.08)}


def test_the_average_of_table_3_is_that_of_its_columns():
    table = PAPER_TABLES["table3"]
    for factor in (3.0, 9.0):
        *domains, average = (
            table.cells["KNOWN", factor, column].mean for column in table.columns
        )
        assert sum(domains) / 4 == pytest.approx(average, abs=0.01)


def test_five_stages_of_table_6_are_the_first_column_of_table_1():
    first, sixth = (PAPER_TABLES[table].cells for table in ("table1", "table6"))
    for factor in (2.0, 4.0, 8.0):
        assert sixth["KNOWN, S = 5", factor, "100 %"] == first["KNOWN", factor, "100 %"]


@pytest.mark.parametrize("table", sorted(PAPER_TABLES))
def test_every_cell_is_in_a_column(table):
    found = {column for _, _, column in PAPER_TABLES[table].cells}
    assert found == set(PAPER_TABLES[table].columns)


@pytest.mark.parametrize("table", sorted(PAPER_TABLES))
def test_every_table_is_of_a_metric_that_has_a_name(table):
    metric = PAPER_TABLES[table].metric
    assert metric_title(metric) != metric


def test_a_column_is_found_by_task_or_by_fraction(make_task):
    task = make_task(paper_column="CUB")
    assert PAPER_TABLES["table2"].column(task, 1.0) == "CUB"
    assert PAPER_TABLES["table1"].column(task, 0.125) == "12.5 %"
    assert PAPER_TABLES["table1"].column(task, 0.3) is None


def test_a_method_without_a_row_in_the_paper_has_no_number(known):
    table = PAPER_TABLES["table1"]
    assert table.score(known, 8.0, "100 %") == PaperScore(93.55, 0.05)
    assert table.score(known, 3.0, "100 %") is None
