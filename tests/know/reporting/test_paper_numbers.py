"""The published numbers."""

import pytest

from know.reporting.paper_numbers import TABLE_1, PaperScore

FRACTIONS = (1.0, 0.5, 0.25, 0.125, 0.0625)


@pytest.mark.parametrize("factor", [2.0, 4.0, 8.0])
def test_known_has_a_number_with_its_spread_for_every_fraction(factor):
    found = [TABLE_1["KNOWN", factor, fraction] for fraction in FRACTIONS]
    assert all(score.std is not None and 91 < score.mean < 94 for score in found)


def test_naive_is_known_for_two_fractions_without_spread():
    found = {key[2]: score for key, score in TABLE_1.items() if key[0] == "naive"}
    assert found == {1.0: PaperScore(92.40), 0.5: PaperScore(92.08)}


def test_the_most_famous_cell_is_as_published():
    assert TABLE_1["KNOWN", 8.0, 1.0] == PaperScore(93.55, 0.05)
