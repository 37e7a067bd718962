"""Facts about a table, and what is refused."""

import pytest

from know.errors import KnowError


@pytest.mark.parametrize("tasks", [["accuracy"], ["accuracy", "miou"]])
def test_refuses_an_average_of_nothing_shared(make_facts, make_task, tasks):
    tasks = [make_task(f"on {metric}", metric) for metric in tasks]
    with pytest.raises(KnowError, match="two tasks or more that share a metric"):
        make_facts(tasks=tasks, average=True)


@pytest.mark.parametrize(
    ("tasks", "fractions", "headings"),
    [
        (["art"], [0.5], ["50 %"]),
        (["art"], [0.5, 1.0], ["50 %", "100 %"]),
        (["art", "photo"], [0.5], ["Art", "Photo"]),
        (
            ["art", "photo"],
            [0.5, 1.0],
            ["Art, 50 %", "Art, 100 %", "Photo, 50 %", "Photo, 100 %"],
        ),
    ],
)
def test_heads_columns_by_what_differs(
    make_facts, make_run, make_task, tasks, fractions, headings
):
    runs = [make_run(f"r{place}", fraction=f) for place, f in enumerate(fractions)]
    listed = [make_task(task, title=task.capitalize()) for task in tasks]
    facts = make_facts(*runs, tasks=listed)
    assert [facts.heading(t, f) for t in tasks for f in fractions] == headings
