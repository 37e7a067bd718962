"""Every type of task states its facts without being imported."""

import pytest

from know.tasks import TASKS


@pytest.mark.parametrize("name", list(TASKS))
def test_a_type_of_task_states_its_metrics_and_options(name):
    facts = TASKS.facts(name)
    assert facts["METRICS"]
    assert set(facts.get("REQUIRED_OPTIONS", ())) <= set(facts["OPTIONS"])
