"""Requests of a config that cannot be met are told line by line."""

import pytest

TABLE = {"tasks": ["digits"], "norm_layers": "fresh", "note": ""}
SECOND = {**TABLE, "runs": "second.tsv", "methods": ["naive", "plus"]}


def test_ids_that_nothing_declares_are_named_together(bench, row):
    bench.change(
        tables__table1__tasks=["digits", "faces"],
        tables__table1__methods=["naive", "tvs"],
        tasks__digits__dataset="letters",
        methods__tsv={"predictor": "known", "hypernetwork": "his"},
        methods__auto={"select": ["knwon"]},
        hypernetworks__ours__metadata="data",
        metadata__meta__datasets=["photos"],
        metadata__meta__families=["huge"],
        hypernetwork_table__metadata="nothing",
        hypernetwork_table__methods=["tsv", "knwon"],
        landscape__methods=["tsv", "nought"],
        selection__table="table9",
    )
    held_out = {"every": 3, "families": ["vast"], "datasets": ["films"]}
    bench.config["metadata"]["spare"]["held_out"] = held_out
    bench.config["methods"]["known-norms"]["of"] = "unknown"
    bench.sheets["runs.tsv"] = [row("a", dataset="forms"), row("b", architecture="big")]
    datasets = "datasets (shapes, digits, pictures)"
    methods = f"methods ({', '.join(bench.config['methods'])})"
    assert bench.refusal() == [
        f"{place}: wanted one of {wanted}, found {found!r}"
        for place, wanted, found in [
            ("tables.table1.tasks", "tasks (digits, streets)", "faces"),
            ("tables.table1.methods", methods, "tvs"),
            ("run a", datasets, "forms"),
            ("run b", "architectures (small, tiny)", "big"),
            ("landscape.methods", methods, "nought"),
            ("tasks.digits", datasets, "letters"),
            ("methods.tsv", "hypernetworks (ours, theirs, given)", "his"),
            ("methods.known-norms", methods, "unknown"),
            ("methods.auto", methods, "knwon"),
            ("hypernetworks.ours", "metadata (meta, spare)", "data"),
            ("metadata.meta", datasets, "photos"),
            ("metadata.meta", "architectures (small, tiny)", "huge"),
            ("metadata.spare", datasets, "films"),
            ("metadata.spare", "architectures (small, tiny)", "vast"),
            ("selection.table", "tables (table1)", "table9"),
            ("hypernetwork_table.metadata", "metadata (meta, spare)", "nothing"),
            ("hypernetwork_table.methods", methods, "knwon"),
        ]
    ]


def test_requests_that_cannot_be_met_are_named_together(bench):
    assert bench.refusal(
        tasks__digits__trials=5,
        tables__table1__methods=["tsv", "known-norms"],
        pretraining__images=7,
        landscape__points=7,
    ) == [
        "tasks.digits: trials (5) must be a multiple of trials_per_job (2), so that "
        "more trials leave the finished ones alone",
        "methods.known-norms: its method 'known' is not a predicting method that "
        "tables.table1.methods lists",
        "tables.table1.methods: 'naive' is missing, which rows compare to",
        "run full-s0: stage 3 would have no image (7 * (1/2)^3)",
        "run half-s0: stage 3 would have no image (3 * (1/2)^3)",
        "run full-s1: stage 3 would have no image (7 * (1/2)^3)",
        "landscape: points (7) must be a multiple of points_per_job (2), so that more "
        "points leave the finished ones alone",
    ]


# Changes to the config, and the one line that they are refused with.
REFUSED = [
    (
        {"forgetting__rate": "3/2"},
        "forgetting.rate: wanted a share between 0 and 1, found 3/2",
    ),
    (
        {"forgetting__stages": 2},
        "methods.known: hypernetwork 'ours' reads 3 stages, forgetting.stages is 2",
    ),
    (
        {
            "metadata__meta__stages": 3,
            "metadata__meta__smallest_subset": 2,
            "hypernetwork_table__stages": 2,
        },
        "hypernetworks.ours: its meta-data's stages (3) must be more than "
        "training.stages (3), whose next one is learnt",
    ),
    (
        {"hypernetwork_table__reference": "known-theirs"},
        "hypernetwork_table.reference: 'known-theirs' is not among its methods",
    ),
    (
        {"hypernetwork_table__stages": 4},
        "hypernetwork_table.stages (4) must be fewer than the stages of its meta-data "
        "(4), whose next one is predicted",
    ),
    (
        {"hypernetwork_table__methods": ["tsv", "naive"]},
        "hypernetwork_table.methods: 'naive' is not a method that predicts",
    ),
    (
        {"landscape__methods": ["tsv", "incremental"]},
        "landscape.methods: 'incremental' is no method that predicts",
    ),
    (
        {"methods__known-norms__of": "naive"},
        "methods.known-norms: its method 'naive' is not a predicting method that "
        "tables.table1.methods lists",
    ),
]


@pytest.mark.parametrize(("changes", "problem"), REFUSED)
def test_an_impossible_request_is_named(bench, changes, problem):
    assert bench.refusal(**changes) == [problem]


def test_a_predictor_wants_a_hypernetwork_of_its_own_model(bench):
    assert bench.refusal(methods__plus__hypernetwork="ours") == [
        "methods.plus: predictor 'known-plus' wants a hypernetwork of model "
        "'known-plus', 'ours' is of model 'known'"
    ]


class TestRuns:
    @pytest.mark.parametrize(
        ("seeds", "problem"),
        [
            (
                {"a": 0, "b": 3, "a again": 1},
                "the run sheet names 'a' 2 times",
            ),
            (
                {"a": 0, "b": 1, "c": 0},
                "runs a, c are one and the same, counted 2 times",
            ),
        ],
    )
    def test_each_has_its_name_and_seed(self, bench, row, seeds, problem):
        rows = [row(name.split()[0], seed=seed) for name, seed in seeds.items()]
        bench.sheets["runs.tsv"] = rows
        assert problem in bench.refusal()

    @pytest.mark.parametrize(
        ("train", "methods", "problem"),
        [
            (
                799,
                ["naive", "oracle"],
                "run a: data set 'pictures' has 799 training images, 800 are wanted by "
                "its oracle x8",
            ),
            (
                99,
                ["naive"],
                "run a: data set 'pictures' has 99 training images, 100 are wanted",
            ),
        ],
    )
    def test_a_network_needs_its_images(self, bench, row, train, methods, problem):
        bench.sheets["runs.tsv"] = [row("a", dataset="pictures")]
        found = bench.refusal(
            datasets__pictures={"source": "npz", "size": 16, "train": train},
            tables__table1__methods=methods,
        )
        assert found == [problem]

    def test_its_images_and_the_task_s_are_of_one_size(self, bench, row):
        bench.sheets["runs.tsv"] = [row("a", dataset="pictures")]
        assert bench.refusal() == ["run a: its images have size 32, task digits has 16"]

    def test_a_segmenter_reads_images_of_any_size(self, bench):
        bench.plan(
            architectures__small__architecture="deeplabv3plus",
            datasets__digits__size=[32, 64],
        )

    def test_a_square_may_be_written_as_a_pair(self, bench):
        bench.plan(datasets__digits__size=[16, 16])

    def test_non_square_images_need_a_network_that_reads_them(self, bench, row):
        bench.sheets["runs.tsv"] = [row("a", dataset="pictures")]
        assert bench.refusal(
            datasets__pictures__size=[16, 24], datasets__digits__size=[16, 32]
        ) == [
            "run a: simplenet reads squares, its data set has [16, 24]",
            "run a: simplenet reads squares, task digits has [16, 32]",
            "run a: its images have size [16, 24], task digits has [16, 32]",
        ]

    def test_one_in_two_views_is_refused(self, bench, row):
        bench.sheets["oracle.tsv"] = [row("near-s0")]
        assert bench.refusal() == [
            "landscape.views: run near-s0 stands in 2 views, whose methods see "
            "different stages"
        ]


class TestSelections:
    @pytest.fixture
    def selecting(self, bench):
        return bench.change(
            methods__auto={"select": ["tsv"]},
            tables__table1__methods=["naive", "tsv", "auto"],
        )

    def test_they_select_listed_predictions(self, selecting):
        names = ["naive", "known", "auto", "tsv"]
        assert selecting.refusal(methods__auto={"select": names}) == [
            f"methods.auto: it cannot select {name!r}, which is not a predicting "
            "method that tables.table1.methods lists"
            for name in ("naive", "known", "auto")
        ]

    @pytest.mark.parametrize(
        ("probe", "images"),
        [
            ({"split": "d0", "images": 4, "share": 0.9}, 4),
            ({"split": "d0", "images": 1000, "share": 0.999}, 50),
        ],
    )
    def test_a_probe_keeps_an_image_to_train_on(self, selecting, probe, images):
        selection = {**selecting.config["selection"], **probe}
        found = selecting.refusal(selection=selection)
        assert (
            f"run half-s0: selection holds {images} of {images} images of split 'd0' "
            "out, none is left to train on"
        ) in found

    def test_networks_were_pre_trained_on_classes(self, selecting):
        assert selecting.refusal(datasets__shapes__target="masks")[0] == (
            "run full-s0: selection probes networks that were pre-trained on classes, "
            "'shapes' has masks"
        )

    def test_a_probe_that_nothing_uses_may_be_anything(self, bench):
        bench.plan(selection__share=0.999, selection__images=4)


class TestMetaData:
    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"rate": [0.9, 0.5]}, "rate: its bounds 0.9, 0.5 are in the wrong order"),
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
    def test_what_cannot_be_had_is_named(self, bench, changes, problem):
        metadata = {**bench.config["metadata"]["meta"], **changes}
        assert bench.refusal(metadata__meta=metadata) == [f"metadata.meta: {problem}"]

    def test_just_enough_is_enough(self, bench):
        bench.plan(metadata__meta__images_seen=120)


class TestOtherTables:
    def test_one_that_cannot_be_had_stops_no_other(self, bench):
        table = {**TABLE, "methods": ["plus"], "horizons": [7]}
        plan = bench.plan(tables__second=table)
        assert list(plan["tables"]) == ["table1"]
        assert plan["refused"] == {
            "selection_table": [
                "results/selection.csv tells how a selecting method chose; the methods "
                "of table1, which selection.table names, have none, such as "
                "auto: {select: [known]}"
            ],
            "tables/second": [
                "tables.second.methods: 'naive' is missing, which rows compare to",
                "tables.second.horizons: 7 is not among the config's horizons",
            ],
        }

    @pytest.mark.parametrize(
        ("place", "name"),
        [("run half-s0", "half-s0"), ("network shapes-small-100-s0", "new-s0")],
    )
    def test_one_that_makes_a_thing_differently_is_left_out(
        self, bench, row, place, name
    ):
        bench.sheets["second.tsv"] = [row(name, seed=0)]
        own = {"pretraining": {"stratified": True}}
        found = bench.plan(tables__second={**SECOND, **own})["refused"]["tables/second"]
        assert (
            f"{place}: tables.table1 and tables.second make it in different ways; give "
            "its runs other names, data sets, architectures, seeds or numbers of images"
        ) in found


class TestSamples:
    @pytest.fixture
    def second(self, bench, row):
        bench.sheets["second.tsv"] = [row("third-s0", seed=9)]
        methods = ["naive", "tsv"]
        table = {**SECOND, "tasks": ["streets"], "methods": methods}
        figure = {"table": "second", "methods": methods, "images": 3}
        return bench.change(tables__second=table, samples={"figure4": figure})

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            (
                {"table": "table6"},
                "table: wanted one of table1, second, found 'table6'",
            ),
            (
                {"table": "table1", "methods": ["naive"]},
                "table: wanted a task of captioning or segmentation, task 'digits' of "
                "table1 is one of classification",
            ),
            (
                {"methods": ["naive", "known"]},
                "methods: 'known' is not among those of second",
            ),
            ({"images": 4}, "images: wanted 4, task 'streets' keeps the samples of 3"),
        ],
    )
    def test_what_its_table_does_not_have_is_named(self, second, changes, problem):
        second.config["samples"]["figure4"] |= changes
        assert second.refusal() == [f"samples.figure4.{problem}"]

    def test_one_of_a_table_that_cannot_be_had_is_left_out(self, second):
        second.config["tables"]["second"]["methods"] = ["tsv"]
        assert second.plan()["samples"] == {}
