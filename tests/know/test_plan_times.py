"""Which jobs a row cost, in a plan of two stages of forgetting and more."""

import pytest

from know.plan import Plan
from know.plan.times import timed_rows, timing_files


@pytest.fixture
def rows(plan):
    return {
        (row["run"], row["method"], row["factor"]): row["benchmarks"]
        for row in timed_rows(plan)
    }


def test_naive_costs_its_pre_training(rows):
    assert rows["full-s0", "naive", 1] == {
        "pretraining": ["benchmarks/pretrain_network/shapes-small-100-s0.tsv"]
    }


def test_an_oracle_costs_the_training_on_its_larger_set(rows):
    assert rows["half-s0", "oracle", 4] == {
        "pretraining": ["benchmarks/pretrain_network/shapes-small-200-s0.tsv"]
    }


def test_incremental_training_is_a_job_of_its_own(rows):
    assert rows["full-s0", "incremental", 1] == {
        "pretraining": ["benchmarks/pretrain_incrementally/full-s0.tsv"]
    }


def test_a_prediction_costs_every_stage_and_the_store(rows):
    assert rows["full-s0", "tsv", 2] == rows["full-s0", "tsv", 8]
    assert rows["full-s0", "tsv", 2] == {
        "pretraining": ["benchmarks/pretrain_network/shapes-small-100-s0.tsv"],
        "forgetting": [
            f"benchmarks/forget_stage/full-s0/stage-{stage}.tsv" for stage in (1, 2, 3)
        ],
        "storing": ["benchmarks/export_trajectory/full-s0.tsv"],
        "prediction": ["benchmarks/predict_weights/full-s0/tsv.tsv"],
    }


def test_a_selection_costs_the_predictions_that_it_chooses_from(changed, runs):
    config = changed(
        methods__auto={"select": ["tsv", "known"]},
        tables__table1__methods=["naive", "tsv", "known", "auto"],
    )
    plan = Plan(config, runs, "table1")
    row = next(row for row in timed_rows(plan) if row["method"] == "auto")
    assert row["benchmarks"]["prediction"] == [
        "benchmarks/predict_weights/full-s0/tsv.tsv",
        "benchmarks/predict_weights/full-s0/known.tsv",
        "benchmarks/select_weights/full-s0/auto.tsv",
    ]


def test_controls_are_left_out(rows):
    methods = {method for _, method, _ in rows}
    assert methods == {"naive", "incremental", "tsv", "known", "known-theirs", "oracle"}


def test_each_file_is_asked_for_once(plan, rows):
    files = timing_files(plan)
    assert len(files) == len(set(files))
    assert set(files) == {
        file for parts in rows.values() for part in parts.values() for file in part
    }
