"""The page of held-out errors that people read."""

import pytest

from know.reporting.hypernetwork import tabulate_errors
from know.reporting.hypernetwork_markdown import held_out_markdown

METHODS = ["linear-meta", "known", "linear-fit"]


def render(errors, methods=METHODS[:2]):
    return held_out_markdown(
        tabulate_errors(errors, methods=methods, reference="linear-meta"),
        errors=errors,
        methods=methods,
        reference="linear-meta",
        note="Made for this test.",
    )


def section(page, title):
    return page.split(f"## {title}\n")[1].split("\n## ")[0]


@pytest.fixture
def errors(held_out_errors, make_errors):
    further = {(8, 2): 2.0, (9, 2): 20.0}
    more = [
        e
        for method in METHODS[:2]
        for e in make_errors(method, further, group="family", kind="fc", horizon=2)
    ]
    return held_out_errors + more


def test_says_what_a_cell_is_and_where_it_comes_from(errors):
    head = render(errors).split("\n## ")[0]
    assert "Made for this test." in head
    assert "copying the last stage is 1" in head
    assert "2,000 resamples of whole trials" in head
    assert "Median difference from `linear-meta`" in head


def test_lays_out_medians_by_kind_and_horizon(errors):
    text = section(render(errors), "Held-out trials of known families and data sets")
    assert "| method | conv +1 |\n| --- | --- |" in text
    assert "| linear-meta | **0.800** (1.120) |\n| known | 0.900 (1.320) |" in text


def test_marks_medians_above_1_and_every_best_one(errors):
    text = section(render(errors), "Held-out architecture families")
    assert "| linear-meta | **11** (18.2) † |\n| known | **11** (18.2) † |" in text


def test_lists_families_data_sets_and_trials(errors):
    text = section(render(errors), "Held-out trials of known families and data sets")
    assert "- trials: 3\n" in text
    assert "- families: `mlp` 1, `simplenet` 2\n" in text
    assert "- data sets: `shapes` 3\n" in text


def test_gives_the_paired_differences_with_their_intervals(errors):
    text = section(render(errors), "Held-out trials of known families and data sets")
    line = text.split("Difference from `linear-meta`:")[1].strip().splitlines()[-1]
    assert line.startswith("| known | -0.100 [-0.")


def test_a_single_trial_has_a_difference_without_an_interval(make_errors):
    errors = make_errors("linear-meta", {(0, 2): 0.75})
    page = render(errors + make_errors("known", {(0, 2): 0.5}))
    assert page.endswith("| known | -0.250 |\n")


def test_a_method_absent_from_a_column_leaves_its_cell_empty(errors, make_errors):
    page = render(errors + make_errors("linear-fit", {(0, 2): 3.0}, kind="fc"), METHODS)
    text = section(page, "Held-out trials of known families and data sets")
    assert "| method | conv +1 | fc +1 |" in text
    assert "| linear-meta | **0.800** (1.120) |  |" in text
    assert "| linear-fit |  | **3.000** (3.000) † |" in text


def test_methods_keep_the_tables_order_where_the_first_lacks_a_kind(make_errors):
    errors = [
        *make_errors("known", {(0, 2): 0.5}),
        *make_errors("known", {(0, 2): 0.5}, kind="fc"),
        *make_errors("linear-meta", {(0, 2): 0.5}, kind="fc"),
    ]
    rows = [line.split(" | ")[0] for line in render(errors).splitlines()]
    assert rows.index("| linear-meta") < rows.index("| known")
