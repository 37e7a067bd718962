"""Requests of a config that cannot be met are told line by line."""

from pathlib import Path

import pytest

SMOKE_RUNS = Path(__file__).parents[3] / "config/smoke/runs.tsv"
# Every place of the config that names a block of another section.
IDS = {
    "tasks.digits.dataset": "datasets",
    "methods.known.hypernetwork": "hypernetworks",
    "methods.known-same-norms.of": "methods",
    "methods.auto.default": "methods",
    "hypernetworks.small.metadata": "metadata",
    "metadata.small.datasets.0": "datasets",
    "metadata.small.families.0": "architectures",
    "metadata.small.held_out.datasets.0": "datasets",
    "metadata.small.held_out.families.0": "architectures",
    "hypernetwork_table.metadata": "metadata",
    "hypernetwork_table.methods.0": "methods",
    "landscape.methods.0": "methods",
    "samples.figure4.table": "tables",
}


@pytest.mark.parametrize(("place", "section"), IDS.items())
def test_an_id_that_nothing_declares_is_named(smoke, refusal, place, section):
    overlay = "nothing"
    for key in reversed(place.split(".")):
        overlay = [overlay] if key == "0" else {key: overlay}
    assert refusal(overlay) == [
        f"{place}: wanted one of {section} ({', '.join(smoke[section])}), found "
        "'nothing'"
    ]


def test_ids_of_a_table_and_its_runs_are_named_together(smoke, refusal):
    table = "tables: {table1: {tasks: [digits, faces], methods: [naive, tvs]}}"
    assert refusal(table, "a forms simplenet 1 0", "b shapes big 1 0") == [
        f"{place}: wanted one of {section} ({', '.join(smoke[section])}), "
        f"found {found!r}"
        for place, section, found in [
            ("tables.table1.tasks", "tasks", "faces"),
            ("tables.table1.methods", "methods", "tvs"),
            ("run a", "datasets", "forms"),
            ("run b", "architectures", "big"),
        ]
    ]


# Overlays, and the problems that they are refused with.
REFUSED = {
    "{tasks: {digits: {trials: 5}}, landscape: {points: 7}}": [
        "landscape: points (7) is no multiple of points_per_job (4)",
        "tasks.digits: trials (5) is no multiple of trials_per_job (2)",
    ],
    "{pretraining: {images: 3},"
    " tables: {table1: {methods: [tsv, known-same-norms]}}}": [
        "methods.known-same-norms: it wants 'known', which is not a predicting method "
        "that tables.table1.methods lists",
        "tables.table1.methods: 'naive' is missing, which rows compare to",
        "run smoke-s0: stage 2 would have no image (3 * (1/2)^2)",
    ],
    "tables: {table1: {horizons: [7], methods: [naive, tsv]}}": [
        "tables.table1.horizons: 7 is not among the config's horizons",
    ],
    "tables: {table1: {methods: [naive, known, known-same-norms, tsv], primary: "
    "{methods: [naive, known, oracle], against: [naive], margin: 1}}}": [
        "tables.table1.primary: the rows to compare with naive are known, "
        "known-same-norms, tsv; found naive, oracle. Declare other methods, or null to "
        "ask nothing",
    ],
    "tables: {table1: {methods: [naive, known, known-same-norms, tsv], primary: "
    "{methods: [known, tsv], against: [same-norms], margin: 1}}}": [
        "tables.table1.primary: the rows to compare with same-norms are known; found "
        "tsv. Declare other methods, or null to ask nothing",
    ],
    "forgetting: {rate: 3/2}": [
        "forgetting.rate: wanted a share between 0 and 1, found 3/2",
    ],
    "forgetting: {stages: 2}": [
        "methods.known: hypernetwork 'small' reads 3 stages, forgetting.stages is 2",
    ],
    "{horizons: [1, 3],"
    " tables: {table1: {methods: [naive, tsv, task-vector-scaled]}}}": [
        "methods.tsv: tsv mirrors a stage for each that it predicts, so "
        "forgetting.stages (3) must be above the last of horizons (3)",
    ],
    "{hypernetwork_table: {horizons: [1, 3]}, landscape: {stages: 2, horizon: 2, "
    "methods: [mag-max, known-s2, known-s3]}, datasets: {digits-landscape: {train: "
    "80}}}": [
        "methods.task-vector: task-vector mirrors a stage for each that it predicts, "
        "so hypernetwork_table.stages (3) must be above the last of "
        "hypernetwork_table.horizons (3)",
        "methods.mag-max: mag-max mirrors a stage for each that it predicts, so "
        "landscape.stages (2) must be above the last of landscape.horizon (2)",
        "methods.known-s3: hypernetwork 'known-s3' reads 3 stages, landscape.stages "
        "is 2",
    ],
    "methods: {soup: {options: {stages: 4}}}": [
        "methods.soup.options.stages: 4 is above forgetting.stages (3)",
    ],
    "{metadata: {small: {stages: [3, 9]}}, hypernetwork_table: {stages: 2}}": [
        "hypernetworks.small: training.stages (3) must be fewer than the fewest stages "
        "of its meta-data (3), whose next one is predicted",
        "methods.known: hypernetwork 'small' reads 3 stages, hypernetwork_table.stages "
        "is 2",
    ],
    "hypernetwork_table: {stages: 4}": [
        "hypernetwork_table.stages (4) must be fewer than the fewest stages of its "
        "meta-data (4), whose next one is predicted",
    ],
    "hypernetwork_table: {reference: tsv}": [
        "hypernetwork_table.reference: 'tsv' is not among its methods",
    ],
    "hypernetwork_table: {methods: [task-vector, naive]}": [
        "hypernetwork_table.methods: 'naive' is not a method that predicts",
    ],
    "landscape: {methods: [tsv, incremental]}": [
        "landscape.methods: 'incremental' is not a method that predicts",
    ],
    "methods: {known-same-norms: {of: naive}}": [
        "methods.known-same-norms: it wants 'naive', which is not a predicting method "
        "that tables.table1.methods lists",
    ],
    "methods: {known: {hypernetwork: known-plus}}": [
        "methods.known: predictor 'known' wants a hypernetwork of model 'known', "
        "'known-plus' is of model 'known-plus'",
    ],
    "{landscape: {views: {oracle: {runs: config/smoke/held-out.tsv}}},"
    " datasets: {digits-landscape: {train: 80}}}": [
        "landscape.views: run held-out-s0 stands in 2 views, whose methods see "
        "different stages",
    ],
    "datasets: {shapes: {train: 119}}": [
        "run smoke-s0: data set 'shapes' has 119 training images, 120 are wanted by "
        "its oracle x2; give it more images, or the run a smaller fraction",
    ],
    "{datasets: {shapes: {train: 59}}, tables: {table1: {methods: [naive]}}}": [
        "run smoke-s0: data set 'shapes' has 59 training images, 60 are wanted; "
        "give it more images, or the run a smaller fraction",
    ],
    "datasets: {shapes: {size: 32}}": [
        "run smoke-s0: its images have size 32, task digits has 16",
    ],
    "datasets: {shapes: {size: 15}, digits: {size: 15},"
    " digits-landscape: {size: 16}}": [
        "run smoke-s0: simplenet reads at least 16 pixels, its data set has 15",
        "run smoke-s0: simplenet reads at least 16 pixels, task digits has 15",
    ],
    "datasets: {shapes: {size: [16, 24]}, digits: {size: [16, 32]},"
    " digits-landscape: {size: 16}}": [
        "run smoke-s0: simplenet reads squares, its data set has [16, 24]",
        "run smoke-s0: simplenet reads squares, task digits has [16, 32]",
        "run smoke-s0: its images have size [16, 24], task digits has [16, 32]",
    ],
    "datasets: {digits: {source: markov-text, target: text},"
    " digits-landscape: {source: digits, target: classes}}": [
        "run smoke-s0: simplenet reads pictures, task digits has texts",
    ],
    "samples: {figure4: {table: table1, methods: [naive]}}": [
        "samples.figure4.table: wanted a task of captioning or segmentation, task "
        "'digits' of table1 is one of classification",
    ],
    "samples: {figure4: {methods: [naive, ar1], images: 7}}": [
        "samples.figure4.methods: 'ar1' is not among those of table5",
        "samples.figure4.images: wanted 7, task 'masks-new' keeps the samples of 6",
    ],
    "metadata: {small: {rate: [0.5, 1.5]}}": [
        "metadata.small.rate.1: 1.5 is greater than the maximum of 1",
    ],
    "methods: {oracle: {horizons: [2]}}": [
        "methods.oracle: its horizons are none of those of tables.table1",
        "methods.oracle: its horizons are none of those of landscape",
    ],
    "tables: {table1: {methods: [naive, tsv, known, known-same-norms], seeds:"
    " {naive: 1, tsv: 1, known: 1, known-same-norms: 1, oracle: 1}}}": [
        "tables.table1.seeds: wanted rows that no other row is compared with and no "
        "controls, found naive, known-same-norms",
    ],
    "metadata: {small: {rate: [0.9, 0.5], steps: [9, 8], smallest_batch: 129}}": [
        "metadata.small: rate: its bounds 0.9, 0.5 are in the wrong order",
        "metadata.small: steps: its bounds 9, 8 are in the wrong order",
        "metadata.small: smallest_batch (129) is above largest_batch (32)",
    ],
    "metadata: {small: {optimizers: [{optimizer: sgd, learning_rate: [0.1, 0.2]},"
    " {optimizer: sgd, learning_rate: [0.2, 0.1]}]}}": [
        "metadata.small: optimizers.1.learning_rate: its bounds 0.2, 0.1 are in the "
        "wrong order",
    ],
    "tasks: {digits: {images: 41}}": [
        "tasks.digits: a trial draws 41 images, data set 'digits' has 40 to train on",
    ],
    "metadata: {small: {datasets: [digits], smallest_subset: 6}}": [
        "metadata.small: data set 'digits' has 40 training images; 48 are wanted for 6 "
        "to be left at stage 3 at rate 1/2",
    ],
}


@pytest.mark.parametrize(("overlay", "problems"), REFUSED.items())
def test_impossible_requests_are_named_together(refusal, overlay, problems):
    assert refusal(overlay) == problems


@pytest.mark.parametrize(
    "overlay",
    [
        # A square may be written as a pair.
        "datasets: {digits: {size: [16, 16]}}",
        # A probe that nothing uses may be anything.
        "selection: {images: 1000}",
    ],
)
def test_whatever_is_possible_is_planned(planned, overlay):
    assert planned(overlay)["tables"].keys() >= {"table1"}


def test_a_segmenter_reads_images_of_any_size(planned):
    overlay = "datasets: {digits: {size: [32, 64]}, digits-landscape: {size: 16}}"
    assert planned(overlay, "smoke-s0 shapes deeplab-narrow 1.0 0")["tables"]["table1"]


@pytest.mark.parametrize(
    ("runs", "problem"),
    [
        (["a 0", "b 3", "a 1"], "the run sheet names 'a' 2 times"),
        (["a 0", "b 1", "c 0"], "runs a, c are one and the same, counted 2 times"),
    ],
)
def test_each_run_has_its_name_and_seed(refusal, runs, problem):
    rows = [run.replace(" ", " shapes simplenet-norm 1 ") for run in runs]
    assert refusal("", *rows) == [problem]


class TestSelections:
    TABLE = "tables: {table1: {methods: [naive, oracle, tsv, auto]}}"

    @pytest.mark.parametrize(
        ("default", "candidates", "wrong"),
        [
            ("naive", "naive, known, oracle, auto, tsv", "auto, known, oracle"),
            ("soup", "naive, tsv", "soup"),
        ],
    )
    def test_candidates_are_rows_and_one_is_the_default(
        self, refusal, default, candidates, wrong
    ):
        auto = f"methods: {{auto: {{default: {default}, select: [{candidates}]}}}}"
        assert refusal(f"{{{self.TABLE}, {auto}}}") == [
            "methods.auto: wanted candidates that tables.table1.methods lists and that "
            "D_0 and a trajectory give, and one of them as default; found " + wrong
        ]

    AUTO = "methods: {auto: {default: naive, select: [naive, tsv]}}"

    def test_a_probe_keeps_an_image_to_measure(self, refusal, planned):
        overlay = f"{{{self.TABLE}, {self.AUTO}, selection: {{images: %d}}}}"
        assert planned(overlay % 19)["selections"]
        assert refusal(overlay % 20) == [
            "run smoke-s0: selection wants 20 images to train on and others to "
            "measure, half of the test split of 'shapes' has 20"
        ]

    def test_networks_were_pre_trained_on_classes(self, refusal):
        masks = "datasets: {shapes: {target: masks}}"
        overlay = f"{{{self.TABLE}, {self.AUTO}, {masks}}}"
        assert refusal(overlay)[0] == (
            "run smoke-s0: selection probes networks that were pre-trained on classes, "
            "'shapes' has masks"
        )


class TestOtherTables:
    def test_one_that_cannot_be_had_stops_no_other(self, planned):
        plan = planned("tables: {table6: {methods: [known], horizons: [7]}}")
        assert list(plan["tables"]) == [f"table{n}" for n in range(1, 6)]
        assert plan["refused"] == {
            "selection_table": [
                "results/selection.csv tells what a selecting method chose, and the "
                "methods of table1 have none; config/auto.yaml has one"
            ],
            "tables/table6": [
                "tables.table6.methods: 'naive' is missing, which rows compare to",
                "tables.table6.horizons: 7 is not among the config's horizons",
            ],
        }

    @pytest.mark.parametrize(
        ("name", "place"),
        [
            ("smoke-s0", "run smoke-s0"),
            ("new-s0", "network shapes-simplenet-norm-60-s0"),
        ],
    )
    def test_one_that_makes_a_thing_differently_is_left_out(
        self, planned, tmp_path, name, place
    ):
        sheet = tmp_path / "other.tsv"
        sheet.write_text(SMOKE_RUNS.read_text().replace("smoke-s0", name))
        table = {"runs": str(sheet), "pretraining": {"stratified": True}}
        refused = planned({"tables": {"table6": table}})["refused"]["tables/table6"]
        assert (
            f"{place}: tables.table1 and tables.table6 train it with different "
            "settings; give its runs other names, data sets, architectures, seeds or "
            "numbers of images"
        ) in refused

    def test_its_figure_of_samples_is_left_out_with_it(self, planned):
        plan = planned("tables: {table5: {methods: [tsv]}}")
        assert "figure4" not in plan["samples"]
