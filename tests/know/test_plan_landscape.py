"""The plan of Figure 3, worked by hand."""

import pytest

from know.errors import KnowError
from know.plan import read_plans

VIEWS = {
    "held-out": {"runs": "held-out.tsv", "truths": "withheld", "title": "near"},
    "oracle": {"runs": "oracle.tsv", "truths": "oracle", "title": "far"},
}


@pytest.fixture
def sheets(row, runs):
    return {
        "runs.tsv": runs,
        "held-out.tsv": [row("near-s0"), row("near-s1", seed=1)],
        "oracle.tsv": [
            row("far-s0", fraction=0.5),
            row("far-s1", fraction=0.5, seed=1),
        ],
    }


@pytest.fixture
def make(changed, sheets):
    def plans(**values):
        config = changed(runs="runs.tsv", landscape__views=VIEWS, **values)
        return read_plans(config, sheets.__getitem__)

    return plans


@pytest.fixture
def plans(make):
    return make()


def problems_of(make, **values):
    with pytest.raises(KnowError) as refused:
        make(**values)
    return [line.removeprefix("  - ") for line in str(refused.value).splitlines()[1:]]


def test_withheld_stages_are_the_first_of_a_longer_trajectory(plans):
    landscape = plans.landscape
    assert landscape.route("near-s0") == {"stages": 3, "withheld": 1}
    assert plans.of_run("near-s0").num_stages == 4
    assert plans.of_run("near-s0").images("near-s0") == 80
    assert landscape.truths("near-s0") == []


def test_an_oracle_is_a_network_of_twice_the_data(plans):
    landscape = plans.landscape
    assert landscape.route("far-s1") == {"stages": 3, "withheld": 0}
    assert plans.of_run("far-s1").num_stages == 3
    assert landscape.truths("far-s1") == [
        "results/networks/shapes-small-80-s1.safetensors"
    ]
    assert plans.of_run("far-s1").network("far-s1") == "shapes-small-40-s1"


def test_a_farther_horizon_wants_more_true_weights(make):
    landscape = make(landscape__horizon=2).landscape
    assert landscape.route("near-s0") == {"stages": 3, "withheld": 2}
    assert landscape.truths("far-s0") == [
        "results/networks/shapes-small-80-s0.safetensors",
        "results/networks/shapes-small-160-s0.safetensors",
    ]


def test_both_views_share_the_true_network(plans):
    held_out, oracle = plans.landscape.views.values()
    assert "shapes-small-80-s0" in held_out.networks
    assert (
        held_out.networks["shapes-small-80-s0"] == oracle.networks["shapes-small-80-s0"]
    )


def test_runs_and_networks_of_the_figure_belong_to_its_views(plans):
    landscape = plans.landscape
    assert plans.of_run("far-s0") is landscape.views["oracle"]
    assert plans.of_network("shapes-small-40-s0") is landscape.views["oracle"]
    assert "near-s1" in plans.united(lambda plan: list(plan.runs))
    assert list(plans) == ["table1"], "a view is no table"


def test_the_first_run_of_each_view_is_drawn(plans):
    landscape = plans.landscape
    assert landscape.runs() == ["near-s0", "near-s1", "far-s0", "far-s1"]
    assert landscape.view_runs()["oracle"] == ["far-s0", "far-s1"]
    assert landscape.drawn_runs() == {"held-out": "near-s0", "oracle": "far-s0"}
    assert landscape.titles() == {"held-out": "near", "oracle": "far"}
    assert landscape.datasets() == ["shapes"]


def test_points_come_in_blocks(plans):
    landscape = plans.landscape
    assert landscape.blocks() == [0, 1, 2]
    assert landscape.block_points(2) == [4, 5]
    assert landscape.cloud() == {"spread": 0.5, "level": 0.1}


def test_methods_come_with_their_hyper_models(plans):
    tsv, plus = plans.landscape.compared_methods()
    assert (tsv["predictor"], tsv["hyper_models"]) == ("tsv", [])
    assert tsv["options"] == {"fraction": 0.2}
    assert plus["hyper_models"][0].endswith("shipped/known-plus_conv.safetensors")
    assert plans.landscape.models() == {"known-plus"}


def test_what_is_asked_for_must_exist_and_predict(make):
    assert problems_of(make, landscape__methods=["tsv", "nought"])[0].startswith(
        "landscape.methods: wanted one of methods (naive, "
    )
    assert problems_of(make, landscape__methods=["tsv", "incremental"]) == [
        "landscape.methods: 'incremental' is no method that predicts"
    ]


def test_points_that_do_not_fill_their_blocks_are_refused(make):
    assert problems_of(make, landscape__points=7) == [
        "landscape: points (7) must be a multiple of points_per_job (2), so that more "
        "points leave the finished ones alone"
    ]


def test_a_run_in_two_views_is_refused(make, sheets, row):
    sheets["oracle.tsv"] = [row("near-s0")]
    found = problems_of(make)
    assert found == [
        "landscape.views: run near-s0 stands in 2 views, whose methods see different "
        "stages"
    ]


def test_a_data_set_too_small_for_the_truth_is_refused(make, sheets, row):
    sheets["oracle.tsv"] = [row("far-s0", dataset="digits")]
    assert problems_of(make) == [
        "run far-s0: data set 'digits' has 40 training images, 160 are wanted by its "
        "oracle x2"
    ]
