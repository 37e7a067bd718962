"""Files of every kind are damaged, and nothing but a clear refusal comes of it."""

import pytest
from damage import ARTEFACTS, BAD, tried

SLOW = {"config"}
FEWEST = 4_000
"""Damaged files of all kinds together; `tried` makes as many of each, about."""


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in ARTEFACTS],
)
def test_damage_is_refused_clearly_or_changes_nothing(tmp_path, name):
    found = list(tried(name, tmp_path, 1.0))
    assert len(found) > ARTEFACTS[name].share * FEWEST / len(ARTEFACTS)
    assert [each for each in found if each[1] in BAD] == []
