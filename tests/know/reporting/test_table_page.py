"""The page people read."""

import pytest

from know.reporting.table_page import table_page


@pytest.fixture
def render(seeds_of):
    """Give the page of some scores."""

    def page(scores, facts, paper="table1"):
        return table_page(
            seeds_of(scores, facts),
            facts,
            title="Table 1",
            note="Made for this test.",
            paper=paper,
        )

    return page


@pytest.fixture
def page(make_facts, scores, render):
    return render(scores, make_facts())


def section(page, title):
    return page.split(f"## {title}\n")[1].split("\n## ")[0]


def test_its_head_says_what_the_numbers_come_from(page):
    head = page.split("##")[0]
    assert head.startswith("# Table 1\n\nMade for this test.\n")
    assert "Trials per seed: 3; pre-training seeds per cell: 1." in head
    assert "- `r0`: a small network; 100 % of the data, seed 0" in head


def test_lays_out_methods_beside_the_paper(page):
    assert section(page, "Methods").strip().splitlines()[-5:] == [
        "| method | factor | 100 % | paper 100 % |",
        "| --- | --- | --- | --- |",
        "| naive | x1 | 81.00 ± 1.00 | 92.40 |",
        "| known | x2 | 83.00 ± 2.00 | 93.00 ± 0.11 |",
        "| known | x4 | 83.00 ± 1.00 | 93.27 ± 0.09 |",
    ]


def test_says_where_the_papers_numbers_come_from(page):
    text = section(page, "Methods")
    assert "published numbers (ResNet18, CIFAR-100 -> CIFAR-10, 10 trials)" in text
    assert "not comparable" in text


def test_gives_the_papers_table_by_itself_where_no_column_is_ours(
    make_facts, make_run, scores, render
):
    page = render(scores, make_facts(make_run(fraction=0.3)))
    assert "| method | factor | 30 % |\n" in section(page, "Methods")
    assert section(page, "In the paper").strip().splitlines()[-1:] == [
        "| KNOWN | x8 | 93.55 ± 0.05 | 93.11 ± 0.19 | 92.92 ± 0.15 | "
        "92.22 ± 0.37 | 92.07 ± 0.18 |",
    ]


def test_says_nothing_of_the_paper_where_it_has_no_such_table(
    make_facts, scores, render
):
    assert "paper" not in render(scores, make_facts(), paper="table9")


def test_gives_controls_and_oracle_sections_of_their_own(page):
    assert "known-same-norms | x4 | 81.00 ± 0.00 |" in section(page, "Controls")
    assert "| oracle | x2 |" in section(page, "Oracle (truly trained on more data)")


@pytest.fixture
def oracle_cell(make_facts, make_run, make_scores, methods, render):
    """Give the oracle's cell under "Difference from naive", a list for each seed."""

    def cell(*differences):
        seeds = range(len(differences))
        runs = [make_run(f"r{seed}", seed=seed) for seed in seeds]
        scores = []
        for run, values in zip(runs, differences, strict=True):
            oracle = [80.0 + value for value in values]
            scores += make_scores(run["run"], "naive", [80.0] * len(values))
            scores += make_scores(run["run"], "oracle", oracle, horizon=1)
        page = render(scores, make_facts(*runs, methods=[methods[0], methods[3]]))
        return section(page, "Difference from naive").strip().split(" | ")[-1]

    return cell


# Differences 1, 2, 3 give p = 0.074 in one seed and 0.012 in two together.
@pytest.mark.parametrize(
    ("differences", "cell"),
    [
        pytest.param([[1, 2, 3]], "+2.00 [-0.48, +4.48] |", id="weak alone"),
        pytest.param([[1, 2, 3]] * 2, r"+2.00 ± 0.00 \* |", id="strong together"),
        pytest.param([[-1, -2, -3]] * 2, "-2.00 ± 0.00 † |", id="below"),
        pytest.param([[1, 2, 3], [-1, -2, -3]], "+0.00 ± 2.83 |", id="opposed"),
        pytest.param([[1, 1], [-1, -1]], "+0.00 ± 1.41 |", id="no spread, no test"),
        pytest.param(
            [[1, 1.0001], [-4, -2]], "-1.00 ± 2.83 |", id="z against the mean"
        ),
        pytest.param(
            [[3, 3.0001], [-2, 0]], r"+1.00 ± 2.83 \* |", id="one seed decides"
        ),
    ],
)
def test_marks_what_the_seeds_show_together(oracle_cell, differences, cell):
    assert oracle_cell(*differences) == cell


def test_marks_the_same_norms_by_their_own_test(
    make_facts, make_run, make_scores, methods, render
):
    runs = [make_run("r0"), make_run("r1", seed=1)]
    scores = [
        score
        for facts in runs
        for score in (
            *make_scores(facts["run"], "naive", [80.0, 80.0, 80.0]),
            *make_scores(facts["run"], "known", [79.0, 80.0, 81.0], horizon=1),
            *make_scores(facts["run"], "known-same-norms", [78.0] * 3, horizon=1),
        )
    ]
    page = render(scores, make_facts(*runs, methods=methods[:3]))
    text = section(page, "Difference from Theta_0 at the same norms")
    assert r"| known | x2 | +2.00 ± 0.00 \* |" in text
    assert "| known | x2 | +0.00 ± 0.00 |" in section(page, "Difference from naive")


def test_leaves_a_cell_empty_where_a_fraction_lacks_the_row(
    make_facts, make_run, make_scores, scores, render
):
    runs = [make_run(), make_run("r1", fraction=0.5)]
    scores = [*scores, *make_scores("r1", "naive", [70.0, 71.0, 72.0])]
    text = section(render(scores, make_facts(*runs)), "Methods")
    assert "| known | x2 | 83.00 ± 2.00 |  | 93.00 ± 0.11 | 92.58 ± 0.14 |" in text


class TestSeveralTasks:
    """Two domains with two metrics and their average, beside the paper's Table 3."""

    @pytest.fixture
    def facts(self, make_facts, make_task, methods):
        metrics = ("accuracy", "accuracy_selected")
        tasks = [
            make_task("pacs-art", *metrics, title="Art", paper_column="art"),
            make_task("pacs-photo", *metrics, title="Photo", paper_column="photo"),
        ]
        return make_facts(methods=methods[:3], tasks=tasks, average=True)

    @pytest.fixture
    def page(self, facts, make_scores, render):
        scores = []
        for shift, task in enumerate(facts.tasks):
            for metric in task["metrics"]:
                place = {"task": task["task"], "metric": metric}
                predicted = {"horizon": 1, "factor": 3.0, **place}
                values = [50.0 + 10 * shift, 51.0 + 10 * shift]
                scores += make_scores("r0", "naive", values, **place)
                scores += make_scores("r0", "known", values, **predicted)
                scores += make_scores("r0", "known-same-norms", values, **predicted)
        return render(scores, facts, paper="table3")

    def test_are_columns_and_metrics_are_sections(self, page):
        assert [line for line in page.splitlines() if line.startswith("#")] == [
            "# Table 1",
            *(
                line
                for heading in (
                    "## Accuracy (%)",
                    "## Accuracy, selected epoch (%)",
                )
                for line in (
                    heading,
                    "### Methods",
                    "### Controls",
                    "### Difference from naive",
                    "### Difference from Theta_0 at the same norms",
                )
            ),
        ]

    def test_stand_beside_the_papers_under_its_metric(self, page):
        first, second = page.split("### Methods")[1:]
        assert first.split("###")[0].strip().splitlines()[-4:] == [
            "| method | factor | Art | Photo | average | paper art | paper photo "
            "| paper average |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
            "| naive | x1 | 50.50 ± 0.71 | 60.50 ± 0.71 | 55.50 ± 0.71 |  |  | 63.48 |",
            "| known | x3 | 50.50 ± 0.71 | 60.50 ± 0.71 | 55.50 ± 0.71 "
            "| 72.12 ± 0.27 | 93.87 ± 1.10 | 68.21 |",
        ]
        assert "paper" not in second


def test_shows_stages_where_methods_differ_in_them(
    make_facts, make_scores, methods, render
):
    known = [
        {**methods[1], "same_norms": None, "method": f"known-{s}", "stages": s}
        for s in (3, 5)
    ]
    scores = make_scores("r0", "naive", [80.0, 81.0])
    for method in known:
        scores += make_scores("r0", method["method"], [81.0, 82.0], horizon=2)
    page = render(scores, make_facts(methods=[methods[0], *known]), paper="table6")
    assert section(page, "Methods").strip().splitlines()[-5:] == [
        "| method | S | factor | 100 % | paper 100 % |",
        "| --- | --- | --- | --- | --- |",
        "| naive |  | x1 | 80.50 ± 0.71 |  |",
        "| known-3 | 3 | x4 | 81.50 ± 0.71 | 93.04 |",
        "| known-5 | 5 | x4 | 81.50 ± 0.71 | 93.27 ± 0.09 |",
    ]
