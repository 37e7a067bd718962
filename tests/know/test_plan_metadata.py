"""Meta-data, hypernetworks and the held-out table of a plan, worked by hand."""

import os

import pytest

from know.shipped import SHIPPED

KINDS = ("conv", "fc", "bias")


class TestHyperModels:
    @pytest.mark.parametrize(
        ("method", "files"),
        [
            ("tsv", None),
            ("known", "results/hypernetworks/ours/known"),
            ("known-theirs", "results/imported/known"),
            ("plus", f"{os.path.relpath(SHIPPED)}/known-plus"),
        ],
    )
    def test_they_are_trained_shipped_or_lie_in_a_folder(self, plan, method, files):
        wanted = [f"{files}_{kind}.safetensors" for kind in KINDS] if files else []
        assert plan.hypernetwork_files(method) == wanted

    def test_shipped_ones_for_shorter_trajectories_have_a_folder(self, make_plan):
        plan = make_plan(hypernetworks__given__source="shipped/stages-3")
        wanted = os.path.relpath(SHIPPED / "stages-3/known-plus_conv.safetensors")
        assert plan.meta.hyper_models("given")[0] == wanted

    def test_they_bear_the_name_of_their_model(self, make_plan):
        plan = make_plan(
            hypernetworks__ours__model="linear-meta",
            methods__known__predictor="linear-meta",
        )
        wanted = "results/hypernetworks/ours/linear-meta_conv.safetensors"
        assert plan.meta.hyper_models("ours")[0] == wanted

    def test_only_some_are_trained_by_the_workflow(self, plan):
        assert plan.meta.trained_hypernetworks() == ["ours"]
        assert plan.meta.metadata_of("ours") == "meta"

    def test_a_hypernetwork_may_be_trained_on_other_meta_data(self, make_plan):
        plan = make_plan(hypernetworks__ours__metadata="spare")
        assert plan.meta.metadata_of("ours") == "spare"


class TestMetaData:
    def test_shards_and_draws_are_numbered(self, plan):
        assert plan.meta.shards("meta") == [
            f"results/metadata/meta/shard-{n}.zarr.zip" for n in range(3)
        ]
        assert plan.meta.draws("spare") == [
            f"results/metadata/spare/draws-{n}.safetensors" for n in range(3)
        ]

    def test_trials_are_shared_out_to_shards(self, plan):
        found = [plan.meta.shard_trials("meta", shard) for shard in range(3)]
        assert found == [[0, 1], [2, 3], [4, 5]]

    def test_settings_are_without_what_no_trial_depends_on(self, plan):
        assert plan.meta.metadata_settings("meta") == {
            "metadata": "meta",
            "families": {
                "tiny": {"architecture": "simplenet", "options": {"width": 4}}
            },
            "stages": 4,
            "images_seen": 600,
            "largest_epochs": 4,
            "smallest_subset": 8,
            "rate": [0.5, 0.9],
            "optimizers": [
                {
                    "optimizer": "adam",
                    "learning_rate": [0.001, 0.002],
                    "weight_decay": 0,
                }
            ],
            "schedules": ["constant"],
            "smallest_batch": 8,
            "largest_batch": 32,
            "measured": 20,
            "augmentation": "none",
        }

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("shards", 9),
            ("weights_per_tensor", 7),
            ("held_out", {"every": 5, "families": [], "datasets": []}),
        ],
    )
    def test_more_shards_leave_the_finished_ones_alone(self, make_plan, name, value):
        plan = make_plan(**{f"metadata__meta__{name}": value})
        assert plan.meta.metadata_settings(
            "meta"
        ) == make_plan().meta.metadata_settings("meta")


class TestHeldOutTable:
    def test_methods_come_with_all_that_predicts(self, plan):
        plus, known, tsv = plan.meta.compared_methods()
        assert plus == {
            "method": "plus",
            "predictor": "known-plus",
            "options": {},
            "hyper_models": plan.meta.hyper_models("given"),
        }
        assert known["hyper_models"] == plan.meta.hyper_models("ours")
        assert tsv == {
            "method": "tsv",
            "predictor": "tsv",
            "options": {"fraction": 0.2},
            "hyper_models": [],
        }

    def test_hypernetworks_come_once(self, make_plan):
        methods = ["known", "plus", "known-theirs", "tsv", "again"]
        plan = make_plan(
            methods__again={"predictor": "known", "hypernetwork": "ours"},
            hypernetwork_table__methods=methods,
        )
        assert plan.meta.compared_hypernetworks() == ["ours", "given", "theirs"]
        assert plan.meta.trained_model_files() == plan.meta.hyper_models("ours")

    def test_trials_of_a_group_are_shared_out_to_shards(self, plan):
        # 7 of 3 shards.
        assert plan.meta.comparison() == {
            "horizons": [1, 2, 3],
            "stages": 3,
            "trials": 3,
        }

    def test_each_shard_has_its_errors(self, plan):
        assert plan.meta.held_out_files() == [
            f"results/held_out/meta/shard-{n}.json" for n in range(3)
        ]


class TestRefusals:
    def test_a_hyper_model_reads_no_more_stages_than_there_are(self, changed, refusal):
        assert refusal(changed(forgetting__stages=2)) == [
            "methods.known: hypernetwork 'ours' reads 3 stages, forgetting.stages is 2"
        ]

    def test_a_window_needs_one_more_stage(self, changed, refusal):
        config = changed(
            metadata__meta__stages=3,
            metadata__meta__smallest_subset=2,
            hypernetwork_table__stages=2,
        )
        assert refusal(config) == [
            "hypernetworks.ours: its meta-data's stages (3) must be more than "
            "training.stages (3), whose next one is learnt"
        ]

    def test_a_predictor_wants_hyper_models_of_its_own_model(self, changed, refusal):
        assert refusal(changed(methods__plus__hypernetwork="ours")) == [
            "methods.plus: predictor 'known-plus' wants a hypernetwork of model "
            "'known-plus', 'ours' is of model 'known'"
        ]

    def test_the_table_s_reference_is_one_of_its_methods(self, changed, refusal):
        assert refusal(changed(hypernetwork_table__reference="known-theirs")) == [
            "hypernetwork_table.reference: 'known-theirs' is not among its methods"
        ]

    def test_the_table_leaves_a_stage_to_be_predicted(self, changed, refusal):
        assert refusal(changed(hypernetwork_table__stages=4)) == [
            "hypernetwork_table.stages (4) must be fewer than the stages of its "
            "meta-data (4), whose next one is predicted"
        ]

    @pytest.mark.parametrize("method", ["naive", "known-norms", "oracle"])
    def test_only_predictions_can_be_held_against_truth(self, changed, refusal, method):
        config = changed(hypernetwork_table__methods=["tsv", method])
        assert refusal(config) == [
            f"hypernetwork_table.methods: {method!r} is not a method that predicts"
        ]

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            (
                {"rate": [0.9, 0.5]},
                "rate: its bounds 0.9, 0.5 are in the wrong order",
            ),
            ({"rate": [0.5, 1.5]}, "rate: wanted shares up to 1, found 1.5"),
            (
                {
                    "optimizers": [
                        {"learning_rate": [0.1, 0.2]},
                        {"learning_rate": [0.2, 0.1]},
                    ]
                },
                "optimizers.1.learning_rate: its bounds 0.2, 0.1 are in the wrong "
                "order",
            ),
            (
                {"smallest_batch": 33},
                "smallest_batch (33) is above largest_batch (32)",
            ),
            # 119 / (15/8) = 63.5, of which an eighth is 7.
            (
                {"images_seen": 119},
                "images_seen (119) leaves stage 3 7 images at rate 1/2, "
                "smallest_subset wants 8",
            ),
            # 81 / 2.176 = 37.2; of 37 images 0.216 are 7.99.
            (
                {"images_seen": 81, "rate": [0.6, 0.9]},
                "images_seen (81) leaves stage 3 7 images at rate 3/5, "
                "smallest_subset wants 8",
            ),
            (
                {"datasets": ["digits"]},
                "data set 'digits' has 40 training images; 64 are wanted for 8 to be "
                "left at stage 3 at rate 1/2",
            ),
        ],
    )
    def test_meta_data_that_cannot_be_had_is_named(
        self, changed, refusal, changes, problem
    ):
        metadata = {**changed()["metadata"]["meta"], **changes}
        config = changed(metadata__meta=metadata)
        assert refusal(config) == [f"metadata.meta: {problem}"]

    def test_just_enough_is_enough(self, make_plan):
        make_plan(metadata__meta__images_seen=120)
        make_plan(
            metadata__meta__smallest_subset=5, metadata__meta__datasets=["digits"]
        )
