"""Scores as one frame, and what is refused."""

import pytest

from know.errors import KnowError
from know.reporting.table import collect_trials


def test_names_the_trials_that_an_average_lacks(
    make_facts, make_scores, make_task, methods
):
    tasks = [make_task("art"), make_task("photo"), make_task("sketch")]
    facts = make_facts(methods=methods[:1], tasks=tasks, average=True)
    scores = [
        *make_scores("r0", "naive", [1.0, 2.0], task="art"),
        *make_scores("r0", "naive", [1.0], task="photo"),
        *make_scores("r0", "naive", [1.0], task="sketch"),
    ]
    with pytest.raises(KnowError) as refusal:
        collect_trials(scores, facts)
    assert str(refusal.value).splitlines() == [
        "an average needs every task in every trial:",
        "  - r0 average accuracy naive x1 (horizon 0): trial 1 lacks photo, sketch",
    ]
