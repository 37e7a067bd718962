"""Every id of a plan, worked by hand on a small config."""

from fractions import Fraction

import pytest

from know.data.subsets import stage_sizes
from know.plan import Plan
from know.plan.shares import exact_share


class TestPretraining:
    def test_a_fraction_of_the_images_is_rounded_down(self, changed, runs):
        plan = Plan(changed(pretraining__images=99), runs, "table1")
        assert [plan.images(run) for run in plan.runs] == [99, 49, 99]

    def test_oracles_see_2_4_8_times_the_images(self, plan):
        found = [[plan.images(run, n) for n in range(4)] for run in plan.runs]
        assert found[0] == [100, 200, 400, 800]
        assert found[1] == [50, 100, 200, 400]

    def test_a_network_is_named_by_what_makes_it(self, plan):
        assert plan.network("full-s0") == "shapes-small-100-s0"
        assert plan.network("full-s0", 3) == "shapes-small-800-s0"
        assert plan.network("full-s1") == "shapes-small-100-s1"

    def test_a_seed_written_as_a_decimal_is_the_same_seed(self, row, changed):
        plan = Plan(changed(), [row("a", seed=1.0)], "table1")
        assert plan.network("a") == "shapes-small-100-s1"

    @pytest.mark.parametrize("images", [100, 101])
    @pytest.mark.parametrize(("rate", "fraction"), [(0.5, 0.5), ("1/3", 0.3333333)])
    def test_an_oracle_of_a_part_is_the_whole_s_network(
        self, images, rate, fraction, changed, row
    ):
        config = changed(
            pretraining__images=images,
            forgetting__rate=rate,
            datasets__shapes={"size": 16, "train": None},
        )
        plan = Plan(config, [row("full"), row("part", fraction=fraction)], "table1")
        assert plan.network("part", 1) == plan.network("full")

    def test_each_network_is_listed_once(self, plan):
        assert sorted(plan.networks) == [
            "shapes-small-100-s0",
            "shapes-small-100-s1",
            "shapes-small-200-s0",
            "shapes-small-200-s1",
            "shapes-small-400-s0",
            "shapes-small-400-s1",
            "shapes-small-50-s0",
            "shapes-small-800-s0",
            "shapes-small-800-s1",
        ]

    def test_without_an_oracle_only_theta_0_is_trained(self, changed, runs):
        methods = [m for m in changed()["tables"]["table1"]["methods"] if m != "oracle"]
        plan = Plan(changed(tables__table1__methods=methods), runs, "table1")
        assert sorted(plan.networks) == [
            "shapes-small-100-s0",
            "shapes-small-100-s1",
            "shapes-small-50-s0",
        ]

    def test_settings_are_those_of_the_row_and_the_config(self, plan, changed):
        assert plan.run_pretraining("full-s1") == {
            "architecture": "simplenet",
            "options": {"norm": True},
            "images": 100,
            "network": "shapes-small-100-s1",
            "seed": 1,
            "stratified": False,
            "training": changed()["pretraining"]["training"],
        }

    def test_an_oracles_settings_differ_in_images_alone(self, plan):
        assert plan.networks["shapes-small-800-s1"] == {
            **plan.run_pretraining("full-s1"),
            "images": 800,
            "network": "shapes-small-800-s1",
        }

    def test_a_networks_data_set_is_its_runs(self, changed, row):
        runs = [row("a"), row("b", dataset="digits", fraction=0.2)]
        plan = Plan(changed(horizons=[1]), runs, "table1")
        found = {name: plan.network_dataset(name) for name in plan.networks}
        assert found == {
            "shapes-small-100-s0": "shapes",
            "shapes-small-200-s0": "shapes",
            "digits-small-20-s0": "digits",
            "digits-small-40-s0": "digits",
        }


class TestRate:
    @pytest.mark.parametrize("rate", ["1/3", 0.3333333, 1 / 3])
    def test_a_third_is_a_third_however_it_is_written(self, rate, changed, row):
        config = changed(forgetting__rate=rate, horizons=[1, 2])
        config["datasets"]["shapes"]["train"] = 900
        plan = Plan(config, [row("a")], "table1")
        assert [plan.factor(n) for n in (0, 1, 2)] == [1, 3, 9]
        assert [plan.images("a", n) for n in (0, 1, 2)] == [100, 300, 900]
        assert plan.rate == 1 / 3

    def test_horizons_stand_for_2_4_8_times_the_data(self, plan):
        assert [plan.factor(horizon) for horizon in plan.horizons] == [2, 4, 8]
        assert plan.rate == 0.5

    @pytest.mark.parametrize("rate", [0.5, "1/3", 0.3333333, 0.7, "2/7"])
    def test_stages_will_have_the_sizes_that_were_checked(self, rate, changed, row):
        plan = Plan(changed(forgetting__rate=rate, horizons=[1]), [row("a")], "table1")
        wanted = [int(100 * plan.exact_rate**stage) for stage in range(4)]
        assert stage_sizes(100, rate=plan.rate, stages=4) == wanted

    @pytest.mark.parametrize("rate", ["3/2", "2/2"])
    def test_a_fraction_that_is_no_share_is_refused(self, rate, changed, runs):
        problems = Plan(changed(forgetting__rate=rate), runs, "table1").problems()
        assert problems[0].startswith("forgetting.rate: wanted a share between")

    def test_a_number_is_read_as_a_fraction_near_it(self):
        assert exact_share(0.0625) == Fraction(1, 16)
        assert exact_share(0.1) == Fraction(1, 10)
        assert exact_share(1) == 1


class TestMethods:
    def test_methods_are_told_apart(self, plan):
        assert plan.predicted_methods() == ["tsv", "known", "known-theirs"]
        assert plan.control_methods() == ["known-norms", "theirs-random"]

    def test_trained_weights_have_no_horizon_but_the_oracles(self, plan):
        assert plan.method_horizons("naive") == [0]
        assert plan.method_horizons("incremental") == [0]
        for method in ("tsv", "known-norms", "oracle"):
            assert plan.method_horizons(method) == [1, 2, 3]

    @pytest.mark.parametrize("method", ["tsv", "known-norms"])
    def test_predictions_have_a_file_for_each_horizon(self, plan, method):
        assert plan.weights("half-s0", method) == [
            f"results/predictions/half-s0/{method}/n{n}.safetensors" for n in (1, 2, 3)
        ]

    @pytest.mark.parametrize("method", ["naive", "naive-fresh"])
    def test_naive_weights_are_theta_0(self, plan, method):
        assert plan.weights("half-s0", method) == [
            "results/networks/shapes-small-50-s0.safetensors"
        ]

    def test_oracle_weights_are_the_larger_networks(self, plan):
        assert plan.weights("half-s0", "oracle") == [
            f"results/networks/shapes-small-{size}-s0.safetensors"
            for size in (100, 200, 400)
        ]

    def test_incremental_weights_are_the_runs_own(self, plan):
        assert plan.weights("half-s0", "incremental") == [
            "results/incremental/half-s0.safetensors"
        ]

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
        assert plan.norm_layers(method) == wanted

    def test_hyper_models_are_trained_or_imported(self, plan):
        assert plan.hypernetwork_files("tsv") == []
        for method, folder in (
            ("known", "results/hypernetworks/ours"),
            ("known-theirs", "results/imported"),
        ):
            assert plan.hypernetwork_files(method) == [
                f"{folder}/known_{kind}.safetensors" for kind in ("conv", "fc", "bias")
            ]
        assert plan.meta.trained_hypernetworks() == ["ours"]


class TestTables:
    def test_runs_are_titled_by_data_set_and_architecture(self, plan):
        assert plan.table_runs()[1] == {
            "run": "half-s0",
            "fraction": 0.5,
            "seed": 0,
            "title": "shapes, small",
        }

    def test_methods_say_whether_they_are_controls_and_what_controls_them(
        self, plan, changed
    ):
        found = {facts["method"]: facts for facts in plan.table_methods()}
        assert list(found) == changed()["tables"]["table1"]["methods"]
        controls = [name for name, facts in found.items() if facts["is_control"]]
        assert controls == ["naive-fresh", "known-norms", "theirs-random"]
        assert found["known"]["same_norms"] == "known-norms"
        assert found["known-theirs"]["same_norms"] is None
        assert found["known"]["paper_row"] == "KNOWN"
        assert found["tsv"]["paper_row"] is None
        assert found["tsv"]["stages"] is None

    def test_every_block_of_every_method_of_every_run_has_its_scores(self, plan):
        scores = plan.scores()
        assert len(scores) == len(set(scores)) == 3 * 9 * 3
        assert scores[0] == "results/scores/digits/full-s0/naive/block-0.json"
        assert scores[-1] == "results/scores/digits/full-s1/oracle/block-2.json"

    def test_data_sets_that_the_tables_read_come_once(self, plan):
        assert plan.datasets() == ["shapes", "digits", "pictures"]

    def test_data_sets_of_hypernetworks_that_no_table_reads_are_not_needed(
        self, make_plan
    ):
        methods = ["naive", "tsv", "known-theirs"]
        plan = make_plan(
            tables__table1__methods=methods, hypernetwork_table__metadata="spare"
        )
        assert plan.datasets() == ["shapes", "digits"]


class TestDownstream:
    def test_blocks_share_the_trials_out(self, plan):
        assert plan.blocks("digits") == [0, 1, 2]
        assert [plan.block_trials("digits", b) for b in range(3)] == [
            [0, 1],
            [2, 3],
            [4, 5],
        ]

    def test_settings_are_the_tasks_and_the_networks(self, plan, changed):
        assert plan.task_settings("digits", "half-s0", "known-theirs") == {
            "architecture": "simplenet",
            "options": {"norm": True},
            "evaluate_every": 10,
            "norm_layers": "recalibrate",
            "task": "digits",
            "task_options": {},
            "training": changed()["pretraining"]["training"],
        }

    def test_a_learning_rate_is_chosen_where_the_task_has_a_grid(self, plan):
        assert not plan.has_learning_rate_choice("digits")
        assert plan.has_learning_rate_choice("graded")


class TestRefusals:
    def test_ids_that_nothing_declares_are_named_together(self, changed, row, refusal):
        config = changed(
            tables__table1__tasks=["digits", "faces"],
            tables__table1__methods=["naive", "tvs"],
            tasks__digits__dataset="letters",
            methods__tsv={"predictor": "known", "hypernetwork": "his"},
            hypernetworks__ours__metadata="data",
            metadata__meta__datasets=["photos"],
            metadata__meta__families=["huge"],
            hypernetwork_table__metadata="nothing",
            hypernetwork_table__methods=["tsv", "knwon"],
        )
        held_out = {"every": 3, "families": ["vast"], "datasets": ["films"]}
        config["metadata"]["spare"]["held_out"] = held_out
        config["methods"]["known-norms"]["of"] = "unknown"
        runs = [row("a", dataset="forms"), row("b", architecture="large")]
        methods = ", ".join(changed()["methods"])
        assert refusal(config, runs) == [
            "tables.table1.tasks: wanted one of tasks (digits, graded), found 'faces'",
            f"tables.table1.methods: wanted one of methods ({methods}), found 'tvs'",
            "run a: wanted one of datasets (shapes, digits, pictures), found 'forms'",
            "run b: wanted one of architectures (small, tiny), found 'large'",
            "tasks.digits: wanted one of datasets (shapes, digits, pictures), "
            "found 'letters'",
            "methods.tsv: wanted one of hypernetworks (ours, theirs, given), "
            "found 'his'",
            f"methods.known-norms: wanted one of methods ({methods}), found 'unknown'",
            "hypernetworks.ours: wanted one of metadata (meta, spare), found 'data'",
            "metadata.meta: wanted one of datasets (shapes, digits, pictures), "
            "found 'photos'",
            "metadata.meta: wanted one of architectures (small, tiny), found 'huge'",
            "metadata.spare: wanted one of datasets (shapes, digits, pictures), "
            "found 'films'",
            "metadata.spare: wanted one of architectures (small, tiny), found 'vast'",
            "hypernetwork_table.metadata: wanted one of metadata (meta, spare), "
            "found 'nothing'",
            f"hypernetwork_table.methods: wanted one of methods ({methods}), "
            "found 'knwon'",
        ]

    def test_requests_that_cannot_be_met_are_named_together(self, changed, refusal):
        config = changed(
            tasks__digits__trials=5,
            tables__table1__methods=["tsv", "known-norms"],
            pretraining__images=7,
        )
        assert refusal(config) == [
            "tasks.digits: trials (5) must be a multiple of trials_per_job (2), so "
            "that more trials leave the finished ones alone",
            "methods.known-norms: its method 'known' is not a predicting method that "
            "tables.table1.methods lists",
            "tables.table1.methods: 'naive' is missing, which rows compare to",
            "run full-s0: stage 3 would have no image (7 * (1/2)^3)",
            "run half-s0: stage 3 would have no image (3 * (1/2)^3)",
            "run full-s1: stage 3 would have no image (7 * (1/2)^3)",
        ]

    def test_a_run_listed_twice_is_named(self, row, refusal, changed):
        runs = [row("a"), row("a", seed=1), row("a", seed=2), row("b", seed=3)]
        assert refusal(changed(), runs) == ["the run sheet names 'a' 3 times"]

    def test_one_run_under_two_names_is_no_second_run(self, row, refusal, changed):
        runs = [row("a"), row("b", seed=1), row("c")]
        assert refusal(changed(), runs) == [
            "runs a, c are one and the same, counted 2 times"
        ]

    def test_an_oracle_needs_its_images(self, changed, row, refusal):
        config = changed(datasets__shapes={"size": 16, "train": 799})
        assert refusal(config, [row("a")]) == [
            "run a: data set 'shapes' has 799 training images, 800 are wanted by its "
            "oracle x8"
        ]

    def test_theta_0_needs_its_images(self, changed, row, refusal):
        config = changed(
            datasets__shapes={"size": 16, "train": 99},
            tables__table1__methods=["naive"],
        )
        assert refusal(config, [row("a")]) == [
            "run a: data set 'shapes' has 99 training images, 100 are wanted"
        ]

    def test_images_of_a_run_and_of_the_task_are_of_one_size(
        self, row, refusal, changed
    ):
        runs = [row("a", dataset="pictures")]
        assert refusal(changed(), runs) == [
            "run a: its images have size 32, task digits has 16"
        ]

    def test_a_segmenter_reads_images_of_any_size(self, row, changed):
        config = changed(
            architectures__small={"architecture": "deeplabv3plus", "options": {}},
            datasets__digits={"size": [32, 64], "train": 900},
        )
        assert not Plan(config, [row("a")], "table1").problems()

    def test_a_square_may_be_written_as_a_pair(self, row, changed):
        config = changed(datasets__digits={"size": [16, 16], "train": 900})
        assert not Plan(config, [row("a")], "table1").problems()

    def test_oblong_images_need_a_network_that_reads_them(self, row, refusal, changed):
        config = changed(
            datasets__shapes={"size": [16, 24], "train": 900},
            datasets__digits={"size": [16, 32], "train": 900},
        )
        assert refusal(config, [row("a")]) == [
            "run a: simplenet reads squares, its data set has [16, 24]",
            "run a: simplenet reads squares, task digits has [16, 32]",
            "run a: its images have size [16, 24], task digits has [16, 32]",
        ]

    def test_a_control_controls_a_prediction(self, changed, refusal):
        config = changed(
            methods__tsv={"control": "same-norms", "of": "naive"},
            hypernetwork_table__methods=["known"],
            hypernetwork_table__reference="known",
        )
        assert refusal(config) == [
            "methods.tsv: its method 'naive' is not a predicting method that "
            "tables.table1.methods lists"
        ]
