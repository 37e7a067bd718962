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
    assert "says how many" not in head


def test_a_cell_of_fewer_seeds_says_how_many(
    make_facts, make_run, make_scores, methods, render
):
    scores = [
        *make_scores("r0", "naive", [10, 12, 14]),
        *make_scores("r1", "naive", [20, 22, 24]),
        *make_scores("r1", "oracle", [23, 25, 27], horizon=1),
    ]
    covering = [methods[0], {**methods[3], "runs": ["r1"]}]
    facts = make_facts(make_run(), make_run("r1", seed=1), methods=covering)
    page = render(scores, facts)
    assert "says how many" in page.split("##")[0]
    # Paired with its own seed's naive, whose mean is 22, not with the mean of all, 17.
    assert "| naive | x1 | 17.00 ± 2.00 | 92.40 |" in page
    assert "| oracle | x2 | 25.00 ± 2.00 (1 of 2 seeds) |" in page
    assert "| oracle | x2 | +3.00 (1 of 2 seeds) |" in page


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


# Two seeds' means a, b reach 12.706 |a - b| / 2 to both sides of their mean.
@pytest.mark.parametrize(
    ("differences", "cell"),
    [
        pytest.param([[1, 2, 3]], "+2.00 |", id="one seed"),
        pytest.param([[0, 2, 4], [3, 3, 3]], "+2.50 [-3.85, +8.85] |", id="two seeds"),
        pytest.param([[1, 2, 3]] * 2, "+2.00 |", id="no spread over seeds"),
    ],
)
def test_gives_differences_intervals_over_seeds(oracle_cell, differences, cell):
    assert oracle_cell(*differences) == cell


@pytest.fixture
def answered(make_facts, make_run, make_task, make_scores, methods, render):
    """Give the page of KNOWN above naive and below the same norms, over four seeds."""
    runs = [make_run(f"r{seed}", seed=seed) for seed in range(4)]
    scores = []
    for number, run in enumerate(runs):
        spread = 0.1 * number
        scores += make_scores(run["run"], "naive", [80.0, 82.0])
        scores += make_scores(run["run"], "known", [81 + spread] * 2, horizon=1)
        scores += make_scores(run["run"], "known", [83 + spread] * 2, horizon=2)
        same = "known-same-norms"
        scores += make_scores(run["run"], same, [82.0, 82.0], horizon=1)
        scores += make_scores(run["run"], same, [86.0, 86.0], horizon=2)
    primary = {"methods": ["known"], "against": ["naive", "same-norms"], "margin": 0.6}
    task = {**make_task(), "test_images": 400}
    facts = make_facts(*runs, methods=methods[:3], tasks=[task], primary=primary)
    return render(scores, facts)


# Differences over seeds are c + 0, .1, .2, .3: mean c + .15, standard deviation .1291,
# error .06455; at three degrees of freedom the interval reaches 3.1824 errors, .2054.
# p of t = 2.324 is .1027 (x2 against naive). The others have |t| = 13, 33 and 44: p is
# 9.9e-4, 6e-5 and 2.6e-5. Margin .6: t = .45 / .06455 = 6.97, p = .0030, times four.
def test_answers_the_primary_questions_first(answered):
    assert answered.split("## ")[0].splitlines()[4:10] == [
        "| question | seeds | difference | p | verdict |",
        "| --- | --- | --- | --- | --- |",
        "| known x2 against naive | 4 | +0.15 [-0.06, +0.36] | 0.103 "
        "| **within ±0.6 points** |",
        "| known x4 against naive | 4 | +2.15 [+1.94, +2.36] | < 0.001 | **better** |",
        "| known x2 against Theta_0 at the same norms | 4 | -0.85 [-1.06, -0.64] "
        "| 0.002 | **worse** |",
        "| known x4 against Theta_0 at the same norms | 4 | -2.85 [-3.06, -2.64] "
        "| < 0.001 | **worse** |",
    ]


def test_says_what_difference_could_have_been_detected(answered):
    # Four questions at .05 / 4 with three degrees of freedom: 6.895 errors of .06455.
    head = answered.split("## ")[0]
    assert "could have detected a difference of 0.45 points (80 % power" in head
    assert "with a standard deviation of 0.13 over 4 seeds" in head


def test_bounds_what_the_test_images_add(answered):
    # known x4, 83.15 %, against naive, 81 %: networks that err independently disagree
    # on .8315 * .19 + .1685 * .81 = .2945 of 400 images: 100 sqrt(.2945 / 400) = 2.71;
    # known x2, 81.15 %: .3071, 2.77.
    assert "a standard error of at most 2.77 points" in answered


def test_marks_only_answers_to_primary_questions(answered):
    naive = section(answered, "Difference from naive")
    assert r"| known | x4 | +2.15 [+1.94, +2.36] \* |" in naive
    assert "| known | x2 | +0.15 [-0.06, +0.36] |" in naive
    assert "| known-same-norms | x4 | +5.00 |" in naive
    norms = section(answered, "Difference from Theta_0 at the same norms")
    assert "| known | x2 | -0.85 [-1.06, -0.64] † |" in norms


def test_says_that_nothing_is_tested_where_nothing_is_asked(page):
    assert "This table declares no primary question" in page.split("##")[0]


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
