"""Parts of a plan, worked by hand on a small config."""

import json
import os

import pytest

from know.data.subsets import stage_sizes
from know.plan.requests import exact_share
from know.shipped import SHIPPED

KINDS = ("conv", "fc", "bias")
SECOND = {
    "tasks": ["streets"],
    "norm_layers": "fresh",
    "runs": "second.tsv",
    "pretraining": {"images": 90},
    "forgetting": {"rate": "1/3", "stages": 3},
    "horizons": [1, 2],
    "methods": ["naive", "tsv", "plus"],
    "note": "",
}


@pytest.fixture
def second(bench, row):
    """A second table, whose settings differ from the config's."""
    bench.sheets["second.tsv"] = [row("third-s0", seed=9), row("third-s1", seed=8)]
    return bench.change(tables__second={**SECOND}, datasets__shapes__train=900)


def test_a_plan_is_plain_values(plan):
    assert json.loads(json.dumps(plan)) == plan


class TestNetworks:
    def test_a_fraction_of_the_images_is_rounded_down(self, bench):
        runs = bench.plan(pretraining__images=99)["runs"]
        assert runs["half-s0"]["settings"]["images"] == 49

    def test_a_seed_written_as_a_decimal_is_the_same_seed(self, bench, row):
        bench.sheets["runs.tsv"] = [row("a", seed=1.0)]
        assert "shapes-small-100-s1" in bench.plan()["networks"]

    @pytest.mark.parametrize("images", [100, 101])
    @pytest.mark.parametrize(("rate", "fraction"), [(0.5, 0.5), ("1/3", 0.3333333)])
    def test_an_oracle_of_a_part_is_the_whole_s_network(
        self, bench, row, images, rate, fraction
    ):
        bench.sheets["runs.tsv"] = [row("full"), row("part", fraction=fraction)]
        plan = bench.plan(
            pretraining__images=images,
            forgetting__rate=rate,
            datasets__shapes__train=None,
        )
        oracle = plan["scores"]["digits"]["part"]["oracle"]["weights"][0]
        assert oracle == plan["runs"]["full"]["base"]

    def test_weights_that_the_user_brings_are_an_input(self, bench):
        def start(options):
            bench.change(architectures__small__options=options)
            return bench.plan()["networks"]["shapes-small-100-s0"]["start"]

        assert start({"weights": "mine.safetensors"}) == ["mine.safetensors"]
        assert start({"weights": "timm"}) == start({}) == []


class TestRate:
    @pytest.mark.parametrize("rate", ["1/3", 0.3333333, 1 / 3])
    def test_a_third_is_a_third_however_it_is_written(self, second, rate):
        second.config["tables"]["second"]["forgetting"]["rate"] = rate
        scores = second.plan()["scores"]["streets"]["third-s0"]["tsv"]
        assert [facts["factor"] for facts in scores["candidates"]] == [3, 9]

    @pytest.mark.parametrize("rate", [0.5, "1/3", 0.3333333, 0.7, "2/7"])
    def test_stages_will_have_the_sizes_that_were_checked(self, bench, rate):
        planned = bench.plan(forgetting__rate=rate, horizons=[1])["runs"]["full-s0"]
        wanted = [int(100 * exact_share(rate) ** stage) for stage in range(4)]
        assert stage_sizes(100, rate=planned["rate"], stages=4) == wanted


class TestTables:
    def test_its_own_settings_are_laid_over_the_config_s(self, second):
        runs = second.plan()["runs"]
        assert (runs["full-s0"]["rate"], runs["full-s0"]["num_stages"]) == (0.5, 4)
        assert (runs["third-s0"]["rate"], runs["third-s0"]["num_stages"]) == (1 / 3, 3)
        assert runs["third-s0"]["settings"]["images"] == 90

    def test_tables_may_share_runs(self, second):
        table = {"tasks": ["digits"], "methods": ["naive", "plus"], "note": ""}
        plan = second.plan(tables__second={**table, "norm_layers": "fresh"})
        scores = plan["scores"]["digits"]["full-s0"]
        assert {"tsv", "plus"} <= set(scores)
        first, both = (plan["tables"][t]["facts"]["runs"] for t in ("table1", "second"))
        assert first == both

    def test_data_sets_of_hypernetworks_that_it_does_not_read_are_not_needed(
        self, bench
    ):
        assert bench.plan()["tables"]["table1"]["datasets"] == [
            *("shapes", "digits", "pictures"),
        ]
        plan = bench.plan(tables__table1__methods=["naive", "tsv", "known-theirs"])
        assert plan["tables"]["table1"]["datasets"] == ["shapes", "digits"]


class TestDownstream:
    @pytest.mark.parametrize(
        ("method", "wanted"),
        [
            ("naive", "base"),
            ("naive-fresh", "fresh"),
            ("incremental", "base"),
            ("oracle", "base"),
            ("tsv", "fresh"),
            ("known-theirs", "recalibrate"),
            ("known-norms", "fresh"),
            ("theirs-random", "recalibrate"),
        ],
    )
    def test_norm_layers_are_the_methods_the_controlled_ones_or_the_tables(
        self, plan, method, wanted
    ):
        score = plan["scores"]["digits"]["half-s0"][method]
        assert score["settings"]["norm_layers"] == wanted
        is_calibrated = wanted == "recalibrate"
        assert bool(score["calibration"]) == is_calibrated
        assert bool(score["calibration_settings"]) == is_calibrated

    def test_a_control_reads_every_horizon_of_the_config(self, second):
        second.config["methods"]["tsv-norms"] = {"control": "same-norms", "of": "tsv"}
        second.config["tables"]["second"]["methods"] = ["naive", "tsv", "tsv-norms"]
        assert second.plan()["controls"]["third-s0"]["tsv-norms"]["weights"] == [
            f"results/predictions/third-s0/tsv/n{n}.safetensors" for n in (1, 2, 3)
        ]


class TestHypernetworks:
    @pytest.mark.parametrize(
        ("method", "files"),
        [
            ("known", "results/hypernetworks/ours/known"),
            ("known-theirs", "results/imported/known"),
            ("plus", f"{os.path.relpath(SHIPPED)}/known-plus"),
        ],
    )
    def test_files_are_trained_shipped_or_lie_in_a_folder(self, bench, method, files):
        methods = ["naive", "known", "known-theirs", "plus"]
        plan = bench.plan(tables__table1__methods=methods)
        assert plan["predictions"]["full-s0"][method]["hypernetworks"] == [
            f"{files}_{kind}.safetensors" for kind in KINDS
        ]

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("shards", 9),
            ("weights_per_tensor", 7),
            ("held_out", {"every": 5, "families": [], "datasets": []}),
        ],
    )
    def test_more_shards_leave_the_finished_ones_alone(self, bench, key, value):
        settings = bench.plan()["metadata"]["meta"]["settings"]
        changed = bench.plan(**{f"metadata__meta__{key}": value})
        assert changed["metadata"]["meta"]["settings"] == settings

    def test_a_comparison_plots_each_trained_hypernetwork_once(self, bench):
        plan = bench.plan(
            methods__again={"predictor": "known", "hypernetwork": "ours"},
            hypernetwork_table__methods=["known", "plus", "tsv", "again"],
        )
        table = plan["hypernetwork_table"]
        assert table["trained_models"] == plan["hypernetworks"]["ours"]["files"]
        # 7 trials of 3 shards.
        assert table["comparison"]["trials"] == 3


class TestLandscape:
    def test_a_farther_horizon_wants_more_true_weights(self, bench):
        runs = bench.plan(landscape__horizon=2)["landscape"]["runs"]
        assert runs["near-s0"]["route"] == {"stages": 3, "withheld": 2}
        assert len(runs["far-s0"]["truths"]) == 2
