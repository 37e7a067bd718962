"""What a selecting method may read and pick, from the default config and its rules."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from know.configuration import complete, merged, read_config, read_runs
from know.plan import Plan, read_plans
from know.plugins import PLUGINS

PROJECT = Path(__file__).parents[2]
SCHEMA = yaml.safe_load((PROJECT / "config/schemas/config.yaml").read_text())
SHEET = yaml.safe_load((PROJECT / "config/schemas/runs.yaml").read_text())
RUN = "shapes100-s0"


def config_of(*overlays):
    config = read_config(PROJECT / "config")
    methods = {
        "auto": {"select": ["shrink", "tsv"]},
        "tsv": {"norm_layers": "recalibrate"},
    }
    listed = ["naive", "shrink", "tsv", "auto", "oracle"]
    ours = {"methods": methods, "tables": {"table1": {"methods": listed}}}
    for overlay in (ours, *overlays):
        config = merged(config, overlay)
    return complete(config, SCHEMA, PLUGINS)


def plan_of(*overlays):
    config = config_of(*overlays)
    return Plan(config, read_runs(PROJECT / config["runs"], SHEET), "table1")


def refusal(*overlays):
    """What a plan says of the config, line by line."""
    return plan_of(*overlays).problems()


@pytest.fixture
def plan():
    return plan_of()


class TestPlan:
    def test_a_selecting_method_is_no_prediction_and_no_control(self, plan):
        assert plan.selecting_methods() == ["auto"]
        assert plan.predicted_methods() == ["shrink", "tsv"]
        assert plan.control_methods() == []
        (facts,) = [f for f in plan.table_methods() if f["method"] == "auto"]
        assert not facts["is_control"]
        assert facts["same_norms"] is None

    def test_its_weights_are_one_file_that_starts_as_it_is(self, plan):
        assert plan.weights(RUN, "auto") == [f"results/selected/{RUN}/auto.safetensors"]
        assert plan.method_horizons("auto") == [0]
        assert plan.norm_layers("auto") == "base"
        assert f"results/scores/shapes-new/{RUN}/auto/block-0.json" in plan.scores()

    def test_it_chooses_from_naive_and_every_horizon_of_its_methods(self, plan):
        assert [tuple(facts.values()) for facts in plan.contenders("auto")] == [
            ("naive", 0, "base"),
            *(("shrink", n, "fresh") for n in (1, 2, 3)),
            *(("tsv", n, "recalibrate") for n in (1, 2, 3)),
        ]
        assert plan.selected_from(RUN, "auto") == [
            f"results/predictions/{RUN}/{method}/n{n}.safetensors"
            for method in ("shrink", "tsv")
            for n in (1, 2, 3)
        ]

    def test_each_run_has_a_record_for_each_selecting_method(self, plan):
        records = [f"results/selected/{run}/auto.json" for run in plan.runs]
        assert plan.selections() == records
        assert (
            plan_of({"tables": {"table1": {"methods": ["naive"]}}}).selections() == []
        )


def inputs_of_the_rule(config, plan):
    """Files that rule select_weights reads for one run, from the rule's own text."""
    text = (PROJECT / "rules/selection.smk").read_text()
    rule = text.split("rule select_weights:")[1].split("    output:")[0]
    inputs = re.findall(r"^        (\w+)=(\w+),$", rule, re.MULTILINE)
    scope = {
        "config": config,
        "plans": read_plans(config, lambda path: read_runs(PROJECT / path, SHEET)),
        "dataset_file": lambda name: f"results/data/{name}.safetensors",
    }
    exec((PROJECT / "rules/lookups.smk").read_text(), scope)
    wildcards = SimpleNamespace(run=RUN, method="auto")
    found = {name: scope[function](wildcards) for name, function in inputs}
    return {n: [f] if isinstance(f, str) else list(f) for n, f in found.items()}


class TestInputs:
    def test_are_weights_and_pre_training_data_and_nothing_downstream(self):
        config, plan = config_of(), plan_of()
        assert inputs_of_the_rule(config, plan) == {
            "base": ["results/networks/shapes-simplenet-norm-480-s0.safetensors"],
            "predictions": plan.selected_from(RUN, "auto"),
            "dataset": ["results/data/shapes.safetensors"],
        }

    def test_do_not_change_with_the_task(self):
        overlay = {"tables": {"table1": {"tasks": ["digits"]}}}
        found = [
            inputs_of_the_rule(config_of(*overlays), plan_of(*overlays))
            for overlays in ([], [overlay])
        ]
        assert found[0] == found[1]
        assert plan_of().contenders("auto") == plan_of(overlay).contenders("auto")


class TestRefusals:
    def test_methods_that_nothing_declares_are_named_together(self):
        found = refusal({"methods": {"auto": {"select": ["tvs", "shrink", "knwon"]}}})
        assert [re.sub(r"\(.*\)", "(...)", line) for line in found] == [
            "methods.auto: wanted one of methods (...), found 'tvs'",
            "methods.auto: wanted one of methods (...), found 'knwon'",
        ]

    def test_methods_that_are_not_listed_or_predict_nothing_are_named_together(self):
        names = ["naive", "mag-max", "oracle", "auto", "shrink"]
        assert refusal({"methods": {"auto": {"select": names}}}) == [
            f"methods.auto: it cannot select {name!r}, which is not a predicting "
            "method that tables.table1.methods lists"
            for name in ("naive", "mag-max", "oracle", "auto")
        ]

    def test_a_control_of_a_selecting_method_is_refused(self):
        listed = ["naive", "shrink", "tsv", "auto", "auto-norms"]
        overlay = {
            "methods": {"auto-norms": {"control": "same-norms", "of": "auto"}},
            "tables": {"table1": {"methods": listed}},
        }
        assert refusal(overlay) == [
            "methods.auto-norms: its method 'auto' is not a predicting method that "
            "tables.table1.methods lists"
        ]

    @pytest.mark.parametrize(
        ("selection", "images"),
        [
            ({"images": 4, "share": 0.9}, 4),
            ({"images": 1000, "share": 0.999}, 240),
        ],
    )
    def test_a_probe_without_an_image_to_train_on_is_refused(self, selection, images):
        overlay = {"selection": {"split": "d0", **selection}}
        half = [line for line in refusal(overlay) if "shapes50-s0" in line]
        assert half == [
            f"run shapes50-s0: selection holds {images} of {images} images of split "
            "'d0' out, none is left to train on"
        ]

    def test_networks_that_were_pre_trained_on_masks_are_refused(self):
        overlay = {"datasets": {"shapes": {"target": "masks"}}}
        wanted = (
            "run shapes50-s0: selection probes networks that were pre-trained on "
            "classes, 'shapes' has masks"
        )
        assert wanted in refusal(overlay)

    def test_a_probe_that_nothing_uses_may_be_anything(self):
        overlay = {
            "selection": {"images": 4, "share": 0.9},
            "tables": {"table1": {"methods": ["naive"]}},
        }
        assert plan_of(overlay).selecting_methods() == []
