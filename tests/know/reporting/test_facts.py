"""Facts about a table, and what is refused."""

import pytest

from know.errors import KnowError
from know.reporting.facts import is_oracle


@pytest.mark.parametrize("fraction", [0.0, -0.5, 1.5, float("nan")])
def test_refuses_a_fraction_that_is_none(make_facts, make_run, fraction):
    with pytest.raises(KnowError, match=r"run r0 must lie in \(0, 1\], got"):
        make_facts(make_run(fraction=fraction))


def test_knows_the_oracle_by_the_first_word_of_its_id():
    found = {name: is_oracle(name) for name in ("oracle", "oracle-fresh-norm", "known")}
    assert found == {"oracle": True, "oracle-fresh-norm": True, "known": False}


def test_names_ids_that_are_listed_twice(make_facts, make_run, make_task):
    with pytest.raises(KnowError) as refusal:
        make_facts(make_run(), make_run(), tasks=[make_task("art"), make_task("art")])
    assert str(refusal.value).splitlines()[1:] == [
        "  - run r0 is listed 2 times",
        "  - task art is listed 2 times",
    ]


@pytest.mark.parametrize("tasks", [["accuracy"], ["accuracy", "miou"]])
def test_refuses_an_average_of_nothing_shared(make_facts, make_task, tasks):
    tasks = [make_task(f"on {metric}", metric) for metric in tasks]
    with pytest.raises(KnowError, match="two tasks or more that share a metric"):
        make_facts(tasks=tasks, average=True)


@pytest.mark.parametrize(
    ("stages", "does_compare"),
    [
        ([("KNOWN", None), ("KNOWN", None)], False),
        ([("KNOWN", 5), ("TaskVector", 2)], False),
        ([("KNOWN", 5), ("KNOWN", 3)], True),
    ],
)
def test_compares_stages_where_a_method_is_there_with_several(
    make_facts, methods, stages, does_compare
):
    methods = [
        {**methods[0], "method": f"m{place}", "paper_row": row, "stages": count}
        for place, (row, count) in enumerate(stages)
    ]
    assert make_facts(methods=methods).compares_stages is does_compare


@pytest.mark.parametrize("in_paper", [None, "art"])
def test_the_papers_average_is_over_the_papers_tasks(make_facts, make_task, in_paper):
    tasks = [make_task("a", paper_column=in_paper), make_task("b")]
    average = make_facts(tasks=tasks, average=True).columns[-1]
    assert average["task"] == "average"
    assert average["paper_column"] == (in_paper and "average")


@pytest.mark.parametrize(
    ("tasks", "fractions", "headings"),
    [
        (["art"], [0.5], ["50 %"]),
        (["art"], [0.5, 1.0], ["100 %", "50 %"]),
        (["art", "photo"], [0.5], ["Art", "Photo"]),
        (
            ["art", "photo"],
            [0.5, 1.0],
            ["Art, 100 %", "Art, 50 %", "Photo, 100 %", "Photo, 50 %"],
        ),
    ],
)
def test_heads_columns_by_what_differs(
    make_facts, make_run, make_task, tasks, fractions, headings
):
    runs = [make_run(f"r{place}", fraction=f) for place, f in enumerate(fractions)]
    tasks = [make_task(task, title=task.capitalize()) for task in tasks]
    assert make_facts(*runs, tasks=tasks).headings == headings
