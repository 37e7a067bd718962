"""Parts of a plan, worked by hand on the smoke config."""

import json

import pytest

from know.data.subsets import stage_sizes
from know.plan.requests import exact_share


def test_a_plan_is_plain_values(planned):
    plan = planned()
    assert json.loads(json.dumps(plan)) == plan


class TestNetworks:
    def test_a_fraction_of_the_images_is_rounded_down(self, planned):
        row = "half shapes simplenet-norm 0.5 0"
        runs = planned("pretraining: {images: 59}", row)["runs"]
        assert runs["half"]["settings"]["images"] == 29

    def test_a_seed_written_as_a_decimal_is_the_same_seed(self, planned):
        networks = planned("", "a shapes simplenet-norm 1 1.0")["networks"]
        assert "shapes-simplenet-norm-60-s1" in networks

    @pytest.mark.parametrize("images", [60, 61])
    @pytest.mark.parametrize(("rate", "fraction"), [("0.5", 0.5), ("1/3", 0.3333333)])
    def test_an_oracle_of_a_part_is_the_whole_s_network(
        self, planned, images, rate, fraction
    ):
        plan = planned(
            f"{{pretraining: {{images: {images}}}, forgetting: {{rate: {rate}}},"
            " datasets: {shapes: {train: null}}}",
            "full shapes simplenet-norm 1 0",
            f"part shapes simplenet-norm {fraction} 0",
        )
        oracle = plan["scores"]["digits"]["part"]["oracle"]["weights"]
        assert oracle == [plan["runs"]["full"]["base"]]

    @pytest.mark.parametrize(
        ("weights", "start"), [("mine.safetensors", ["mine.safetensors"]), ("null", [])]
    )
    def test_weights_that_the_user_brings_are_an_input(self, planned, weights, start):
        options = f"{{options: {{weights: {weights}}}}}"
        plan = planned(f"architectures: {{pvt-narrow: {options}}}")
        assert plan["runs"]["pvt-s0"]["start"] == start


class TestLonger:
    """The network that trains for as many epochs as the whole trajectory."""

    @pytest.fixture
    def networks(self, planned):
        """A maker of the networks planned for some forgetting and epochs."""

        def networks(forgetting, *epochs):
            phases = ", ".join(f"{{epochs: {n}, learning_rate: 1}}" for n in epochs)
            return planned(
                f"{{forgetting: {forgetting}, datasets: {{shapes: {{train: null}}}},"
                f" recipes: {{shapes-pretraining: {{phases: [{phases}]}}}}}}"
            )["networks"]

        return networks

    @pytest.mark.parametrize(
        ("forgetting", "epochs", "wanted"),
        [
            # 60 (1 + 1/2 + 1/4 + 1/8 + 1/16) = 116.25
            ("{stages: 5, rate: 0.5}", [60], [116]),
            # 1 + 1/3 + 1/9 = 13/9 of 10 and of 60: 14.4 and 86.7
            ("{stages: 3, rate: 1/3}", [10, 60], [14, 87]),
        ],
    )
    def test_each_phase_is_longer_by_what_the_stages_cost(
        self, networks, forgetting, epochs, wanted
    ):
        name = f"shapes-simplenet-norm-60-s0-e{sum(wanted)}"
        phases = networks(forgetting, *epochs)[name]["settings"]["training"]["phases"]
        assert [phase["epochs"] for phase in phases] == wanted

    def test_nothing_else_differs_from_theta_0(self, networks):
        planned = networks("{stages: 3, rate: 0.5}", 4)
        base = planned["shapes-simplenet-norm-60-s0"]
        longer = planned["shapes-simplenet-norm-60-s0-e7"]
        for network in (base, longer):
            del network["averages"], network["settings"]["network"]
            del network["settings"]["training"]["phases"][0]["epochs"]
        assert longer == base


class TestAverages:
    def test_are_made_beside_theta_0_alone_where_a_table_wants_one(self, planned):
        plan = planned("tables: {table1: {methods: [naive, swa, oracle]}}")
        wanted = {name for name, of in plan["networks"].items() if of["averages"]}
        assert wanted == {"shapes-simplenet-norm-60-s0"}
        weights = plan["scores"]["digits"]["smoke-s0"]["swa"]["weights"]
        assert weights == [
            "results/networks/shapes-simplenet-norm-60-s0.swa.safetensors"
        ]

    def test_are_not_made_where_no_table_wants_one(self, planned):
        plan = planned("tables: {table1: {methods: [naive, longer]}}")
        assert not any(network["averages"] for network in plan["networks"].values())


class TestSeeds:
    """Rows of fewer seeds than the run sheet has."""

    @pytest.fixture
    def plan(self, planned):
        return planned(
            "tables: {table1: {methods: [naive, swa, longer, known, known-same-norms,"
            " oracle], seeds: {swa: 2, longer: 1, known: 1, oracle: 1}}}",
            *(
                f"of-{size}-s{seed} shapes simplenet-norm {size / 60} {seed}"
                for size in (60, 30)
                for seed in (0, 1, 2)
            ),
        )

    def test_are_the_first_of_each_network_and_fraction(self, plan):
        # A control goes with its method.
        every = {"naive", "swa", "longer", "known", "known-same-norms", "oracle"}
        assert {run: set(of) for run, of in plan["scores"]["digits"].items()} == {
            f"of-{size}-s{seed}": methods
            for size in (60, 30)
            for seed, methods in enumerate([every, {"naive", "swa"}, {"naive"}])
        }
        facts = plan["tables"]["table1"]["facts"]["methods"]
        assert {m["method"]: len(m["runs"]) for m in facts} == (
            dict.fromkeys(every, 2) | {"naive": 6, "swa": 4}
        )

    def test_nothing_is_trained_for_the_others(self, plan):
        prefix = "shapes-simplenet-norm-"
        networks = {
            name.removeprefix(prefix): of["averages"]
            for name, of in plan["networks"].items()
            if name.startswith(prefix)
        }
        # The oracle of half the images is the whole's Theta_0.
        assert set(networks) == {
            *(f"{size}-s{seed}" for size in (60, 30) for seed in (0, 1, 2)),
            *("60-s0-e4", "30-s0-e4", "120-s0"),
        }
        averaged = {name for name, averages in networks.items() if averages}
        assert averaged == {f"{size}-s{seed}" for size in (60, 30) for seed in (0, 1)}


def test_compute_counts_the_images_that_trainings_see(planned):
    rows = planned("tables: {table1: {methods: [naive, longer, swa, soup, oracle]}}")[
        "times"
    ]["rows"]
    # Two epochs of one batch of 32: 64 images. Stages of 30 and 15 see 60 and 30 more.
    # Four epochs see 128, twice the images (three batches of 32) 192.
    assert {row["method"]: row["compute"] for row in rows} == {
        **{"naive": 1.0, "swa": 1.0, "soup": 2.40625},
        **{"longer": 2.0, "oracle": 3.0},
    }


class TestRate:
    @pytest.mark.parametrize("rate", ["1/3", 0.3333333, 1 / 3])
    def test_a_third_is_a_third_however_it_is_written(self, planned, rate):
        plan = planned(
            f"{{forgetting: {{rate: {rate}}}, horizons: [1, 2],"
            " datasets: {shapes: {train: null}}}"
        )
        candidates = plan["scores"]["digits"]["smoke-s0"]["tsv"]["candidates"]
        assert [facts["factor"] for facts in candidates] == [3, 9]

    @pytest.mark.parametrize("rate", [0.5, "1/3", 0.3333333, 0.7, "2/7"])
    def test_stages_will_have_the_sizes_that_were_checked(self, planned, rate):
        plenty = {"shapes": {"train": None}, "digits-landscape": {"train": None}}
        overlay = {"forgetting": {"rate": rate}, "datasets": plenty}
        overlay["landscape"] = {"pretraining": {"images": 60}}
        run = planned(overlay)["runs"]["smoke-s0"]
        wanted = [int(60 * exact_share(rate) ** stage) for stage in range(3)]
        assert stage_sizes(60, rate=run["rate"], stages=3) == wanted


class TestTables:
    def test_its_own_settings_are_laid_over_the_config_s(self, planned):
        own = "{methods: [naive, tsv], forgetting: {rate: 1/3, stages: 4}}"
        runs = planned(f"tables: {{table2: {{pretraining: {{images: 30}}, {own[1:]}}}")[
            "runs"
        ]
        assert (runs["smoke-s0"]["rate"], runs["smoke-s0"]["num_stages"]) == (0.5, 3)
        assert (runs["pvt-s0"]["rate"], runs["pvt-s0"]["num_stages"]) == (1 / 3, 4)
        assert runs["pvt-s0"]["settings"]["images"] == 30

    def test_data_of_hypernetworks_that_it_does_not_read_are_not_needed(self, planned):
        tables = planned("tables: {table6: {methods: [naive, tsv]}}")["tables"]
        assert tables["table1"]["datasets"] == ["shapes", "digits", "shapes-meta"]
        assert tables["table6"]["datasets"] == ["shapes", "shapes-new"]


NORM_LAYERS = {
    **{"naive": "base", "naive-fresh-norm": "fresh", "incremental": "base"},
    **{"oracle": "base", "tsv": "base"},
    **{"known": "recalibrate", "known-same-norms": "recalibrate"},
}


def test_norm_layers_are_the_method_s_or_the_controlled_one_s_or_the_table_s(planned):
    plan = planned(
        {
            "methods": {"known": {"norm_layers": "recalibrate"}},
            "tables": {"table1": {"methods": list(NORM_LAYERS)}},
        }
    )
    scores = plan["scores"]["digits"]["smoke-s0"]
    for method, wanted in NORM_LAYERS.items():
        score, is_calibrated = scores[method], wanted == "recalibrate"
        assert score["settings"]["norm_layers"] == wanted
        calibration = score["calibration"]
        assert bool(calibration["dataset"]) == is_calibrated
        assert bool(calibration["settings"]) == is_calibrated


def test_a_control_is_predicted_as_its_method_is(planned):
    predictions = planned("{}")["predictions"]["smoke-s0"]
    known, control = predictions["known"], predictions["known-same-norms"]
    assert (known.pop("control"), control.pop("control")) == (None, "same-norms")
    assert control == known


class TestMethodsWithoutAHorizon:
    """Soup writes the same weights for every horizon."""

    @pytest.fixture
    def plan(self, planned):
        control = {"control": "same-norms", "of": "soup"}
        return planned(
            {
                "horizons": [2, 1],
                "methods": {"soup-norms": control},
                "tables": {"table1": {"methods": ["naive", "soup", "soup-norms"]}},
            }
        )

    @pytest.mark.parametrize("method", ["soup", "soup-norms"])
    def test_they_and_their_controls_have_one_row(self, plan, method):
        score = plan["scores"]["digits"]["smoke-s0"][method]
        assert score["weights"] == [
            f"results/predictions/smoke-s0/{method}/n1.safetensors"
        ]
        (candidate,) = score["candidates"]
        assert (candidate["horizon"], candidate["factor"]) == (0, 1)


def test_candidates_that_are_predicted_have_the_first_horizon(planned):
    candidates = ["naive", "swa", "soup", "known"]
    plan = planned(
        {
            "horizons": [2, 1],
            "methods": {"auto": {"default": "swa", "select": candidates}},
            "tables": {"table1": {"methods": [*candidates, "auto"]}},
        }
    )
    selection = plan["selections"]["smoke-s0"]["auto"]
    horizons = [each["horizon"] for each in selection["candidates"]]
    assert horizons == [0, 0, 0, 2]
    network = "results/networks/shapes-simplenet-norm-60-s0"
    predictions = "results/predictions/smoke-s0"
    assert selection["weights"] == [
        f"{network}.safetensors",
        f"{network}.swa.safetensors",
        f"{predictions}/soup/n1.safetensors",
        f"{predictions}/known/n2.safetensors",
    ]
    (row,) = (row for row in plan["times"]["rows"] if row["method"] == "auto")
    # Neither Theta_0 nor its average needs a job of its own.
    assert row["benchmarks"]["prediction"] == [
        f"results/benchmarks/{job}.tsv"
        for job in (
            "predict_weights/smoke-s0/soup",
            "predict_weights/smoke-s0/known",
            "select_weights/smoke-s0/auto",
        )
    ]


class TestHypernetworks:
    def test_files_may_lie_in_a_folder(self, planned):
        plan = planned("hypernetworks: {known: {source: results/imported}}")
        assert plan["hypernetworks"]["known"]["files"] == [
            f"results/imported/known_{kind}.safetensors"
            for kind in ("conv", "fc", "bias")
        ]

    @pytest.mark.parametrize(
        "change", ["shards: 9", "weights_per_tensor: 7", "held_out: {every: 5}"]
    )
    def test_more_shards_leave_the_finished_ones_alone(self, planned, change):
        before, after = planned(), planned(f"metadata: {{small: {{{change}}}}}")
        settings = before["metadata"]["small"]["settings"]
        assert after["metadata"]["small"]["settings"] == settings

    def test_a_comparison_plots_each_trained_hypernetwork_once(self, planned):
        plan = planned(
            "{methods: {again: {predictor: known, hypernetwork: small}},"
            " hypernetwork_table: {methods: [known, known-s3, task-vector, again],"
            " trials_per_group: 7}}"
        )
        table = plan["hypernetwork_table"]
        assert table["trained_models"] == plan["hypernetworks"]["small"]["files"]
        # 7 trials of 2 shards.
        assert table["comparison"]["trials"] == 4


def test_a_farther_horizon_of_figure_3_wants_more_true_weights(planned):
    plan = planned(
        "{landscape: {horizon: 2}, datasets: {digits-landscape: {train: 80}}}"
    )
    runs = plan["landscape"]["runs"]
    assert runs["held-out-s0"]["route"] == {"stages": 3, "withheld": 2}
    assert len(runs["oracle-s0"]["truths"]) == 2
