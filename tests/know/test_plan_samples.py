"""Figures of samples: which files they show, and what they cannot have."""

import pytest

from know.errors import KnowError
from know.plan import read_plans

PHASES = {"phases": [{"epochs": 2}], "batch_size": 5}
STREETS = {
    "type": "segmentation",
    "dataset": "digits",
    "options": {"samples": 3},
    "trials": 4,
    "trials_per_job": 2,
    "evaluate_every": 1,
    "training": PHASES,
    "learning_rate_choice": {"mode": "fixed"},
}
FIGURE = {"table": "table5", "methods": ["naive", "tsv"], "images": 3}


@pytest.fixture
def make_plans(changed, row):
    def make(**figure):
        config = changed(
            runs="runs.tsv",
            tasks__streets=STREETS,
            tasks__digits__type="classification",
            tables__table5={
                "tasks": ["streets"],
                "norm_layers": "fresh",
                "forgetting": {"rate": "1/3"},
                "horizons": [1, 2],
                "methods": ["naive", "tsv"],
            },
            samples={"figure4": {**FIGURE, **figure}},
        )
        rows = [row("third-s0"), row("third-s1", seed=1)]
        config["tables"]["table5"]["runs"] = "third.tsv"
        sheets = {"runs.tsv": [row("half-s7", seed=7)], "third.tsv": rows}
        return read_plans(config, sheets.__getitem__)

    return make


@pytest.fixture
def refusal(make_plans):
    def refusal(**figure):
        with pytest.raises(KnowError) as refused:
            make_plans(**figure)
        (problem,) = str(refused.value).splitlines()[1:]
        return problem.removeprefix("  - ")

    return refusal


def test_a_figure_shows_the_first_run_and_trial_of_each_method(make_plans):
    folder = "results/scores/streets/third-s0"
    assert make_plans().samples.sources("figure4") == [
        {
            "label": label,
            "horizon": horizon,
            "path": f"{folder}/{method}/block-0.safetensors",
        }
        for label, horizon, method in [
            ("naive", 0, "naive"),
            ("tsv x3", 1, "tsv"),
            ("tsv x9", 2, "tsv"),
        ]
    ]


def test_a_figure_shows_the_first_test_images_of_the_task(make_plans):
    samples = make_plans().samples
    assert (samples.dataset("figure4"), samples.images("figure4")) == ("digits", 3)


def test_a_table_that_is_not_there_is_named(refusal):
    wanted = "samples.figure4.table: wanted one of table1, table5, found 'table6'"
    assert refusal(table="table6") == wanted


def test_a_table_of_another_type_of_task_is_named(refusal):
    assert refusal(table="table1", methods=["naive"]) == (
        "samples.figure4.table: wanted one of segmentation, task 'digits' of table1 is "
        "one of classification"
    )


def test_a_method_that_the_table_lacks_is_named(refusal):
    assert refusal(methods=["naive", "known"]) == (
        "samples.figure4.methods: 'known' is not among those of table5"
    )


def test_more_images_than_are_kept_are_refused(refusal):
    assert refusal(images=4) == (
        "samples.figure4.images: wanted 4, task 'streets' keeps the samples of 3"
    )
