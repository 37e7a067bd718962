"""The plans of several tables, worked by hand."""

import pytest

from know.errors import KnowError
from know.plan import Plan, read_plans

TABLE = {"tasks": ["digits"], "norm_layers": "fresh"}
SECOND = {
    **TABLE,
    "runs": "other.tsv",
    "pretraining": {"images": 90},
    "forgetting": {"rate": "1/3", "stages": 3},
    "horizons": [1],
    "methods": ["naive", "plus"],
}


@pytest.fixture
def sheets(row, runs):
    return {"runs.tsv": runs, "other.tsv": [row("third-s0", seed=9)]}


@pytest.fixture
def config(changed):
    return changed(runs="runs.tsv", tables__second=SECOND)


@pytest.fixture
def plans(config, sheets):
    return read_plans(config, sheets.__getitem__)


def refusal(config, sheets):
    with pytest.raises(KnowError) as refused:
        read_plans(config, sheets.__getitem__)
    heading, *problems = str(refused.value).splitlines()
    assert heading == "the config contradicts itself:"
    return [problem.removeprefix("  - ") for problem in problems]


def test_a_tables_own_settings_are_laid_over_the_configs(plans):
    first, second = plans.values()
    assert (first.rate, first.num_stages, first.horizons) == (0.5, 4, [1, 2, 3])
    assert (second.rate, second.num_stages, second.horizons) == (1 / 3, 3, [1])
    assert second.networks == {
        "shapes-small-90-s9": {
            **first.networks["shapes-small-100-s0"],
            "images": 90,
            "network": "shapes-small-90-s9",
            "seed": 9,
        }
    }


def test_runs_and_networks_belong_to_a_plan(plans):
    assert plans.of_run("half-s0") is plans["table1"]
    assert plans.of_run("third-s0") is plans["second"]
    assert plans.of_network("shapes-small-90-s9") is plans["second"]


def test_ids_of_all_plans_come_once(plans):
    assert plans.united(Plan.predicted_methods) == [
        *("tsv", "known", "known-theirs", "plus"),
    ]


def test_tables_may_share_runs(config, sheets):
    config["tables"]["second"] = {**TABLE, "methods": ["naive", "plus"]}
    plans = read_plans(config, sheets.__getitem__)
    assert plans["second"].runs == plans["table1"].runs


def test_a_table_that_makes_a_run_differently_is_left_out(config, sheets, row):
    sheets["other.tsv"] = [row("half-s0", seed=9)]
    plans = read_plans(config, sheets.__getitem__)
    assert list(plans) == ["table1"]
    assert plans.refused["second"] == [
        "run half-s0: tables.table1 and tables.second make it in different ways; give "
        "its runs other names, data sets, architectures, seeds or numbers of images"
    ]


def test_a_table_that_cannot_be_had_stops_no_other(config, sheets):
    config["tables"]["second"] |= {"methods": ["plus"], "horizons": [7]}
    plans = read_plans(config, sheets.__getitem__)
    assert list(plans) == ["table1"]
    assert plans.refused == {
        "second": [
            "tables.second.methods: 'naive' is missing, which rows compare to",
            "tables.second.horizons: 7 is not among the config's horizons",
        ]
    }


def test_mistakes_of_the_main_table_come_together_and_once(config, sheets):
    config["tables"]["table1"]["methods"] = ["tsv"]
    config["tasks"]["digits"]["trials"] = 5
    assert refusal(config, sheets) == [
        "tasks.digits: trials (5) must be a multiple of trials_per_job (2), so that "
        "more trials leave the finished ones alone",
        "tables.table1.methods: 'naive' is missing, which rows compare to",
    ]
