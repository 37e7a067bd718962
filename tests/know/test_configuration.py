import dataclasses
from pathlib import Path
from typing import get_args

import pytest
import yaml

from know.architectures.captioner import DecoderSettings
from know.configuration import (
    complete,
    default_config_files,
    merged,
    read_config,
    read_runs,
    schema_problems,
)
from know.data.arrays import LABEL_DTYPES
from know.data.augmentation import AUGMENTATIONS
from know.data.drawing.catalogues import CATALOGUES
from know.data.drawing.rendering import STYLES
from know.data.settings import DatasetSettings
from know.errors import KnowError
from know.hypernetwork.meta_runs import MetaDataSettings, OptimizerDraw
from know.hypernetwork.meta_training import MetaTraining
from know.hypernetwork.roles import HeldOut
from know.plugins import PLUGINS
from know.predictors.controls import CONTROLS
from know.tasks import TASKS
from know.training.settings import Optimizer, Precision, Schedule, Trainable

CONFIGS = Path(__file__).parents[2] / "config"
SCHEMAS = CONFIGS / "schemas"
CONFIG = yaml.safe_load((SCHEMAS / "config.yaml").read_text())
RUNS = yaml.safe_load((SCHEMAS / "runs.yaml").read_text())
DEFINED = CONFIG["$defs"]
BLOCK = {
    section: form["additionalProperties"]
    for section, form in CONFIG["properties"].items()
    if isinstance(form.get("additionalProperties"), dict)
}
DRAWS = BLOCK["metadata"]["properties"]
DATASET = BLOCK["datasets"]["properties"]
TRAINING = DEFINED["training"]["properties"]
PHASE = TRAINING["phases"]["items"]["properties"]
OPTIMIZERS = get_args(Optimizer)
# What is told of meta-data and no trial depends on.
UNDRAWN = {"datasets", "held_out", "shards", "trials_per_shard", "weights_per_tensor"}

SHAPES = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "size": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
        "shape": {
            "oneOf": [
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["radius"],
                    "properties": {
                        "radius": {"type": "number", "exclusiveMinimum": 0},
                        "colour": {"enum": ["red", "blue"]},
                    },
                },
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["width"],
                    "properties": {"width": {"type": "number"}},
                },
            ]
        },
    },
}


class TestSchemaProblems:
    def test_what_fits_has_none(self):
        shape = {"radius": 1.5, "colour": "red"}
        value = {"name": "a", "size": None, "shape": shape}
        assert schema_problems(value, SHAPES) == []

    def test_a_misspelt_key_is_named_beside_those_there_are(self):
        assert schema_problems({"name": "a", "sise": 3}, SHAPES) == [
            "config: Additional properties are not allowed ('sise' was unexpected); "
            "there are name, shape, size"
        ]

    def test_every_mistake_is_named_with_its_place(self):
        problems = schema_problems({"size": 0, "shape": {"width": "x"}}, SHAPES)
        assert problems == [
            "config: 'name' is a required property",
            "shape.width: 'x' is not of type 'number'",
            "size: 0 is less than the minimum of 1",
        ]

    def test_a_place_comes_before_each_path(self):
        problems = schema_problems({"size": 0}, SHAPES, place="line 3")
        assert problems == [
            "line 3: 'name' is a required property",
            "line 3 size: 0 is less than the minimum of 1",
        ]

    @pytest.mark.parametrize(
        ("shape", "wanted"),
        [
            ({"width": "x"}, ["shape.width: 'x' is not of type 'number'"]),
            (
                {"colour": "green"},
                [
                    "shape: 'radius' is a required property",
                    "shape.colour: 'green' is not one of ['red', 'blue']",
                ],
            ),
            (
                {"radius": 0},
                ["shape.radius: 0 is less than or equal to the minimum of 0"],
            ),
            (3, ["shape: 3 is not of type 'object'"]),
        ],
    )
    def test_of_several_forms_the_nearest_one_is_spoken_of(self, shape, wanted):
        assert schema_problems({"name": "a", "shape": shape}, SHAPES) == wanted

    @pytest.mark.parametrize(
        ("size", "wanted"),
        [
            (0, "size: 0 is less than the minimum of 1"),
            ("x", "size: 'x' is not of type 'integer'"),
        ],
    )
    def test_the_nearest_form_is_of_the_values_type(self, size, wanted):
        assert schema_problems({"name": "a", "size": size}, SHAPES) == [wanted]

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
    def test_numbers_that_are_not_finite_are_refused(self, number):
        (problem,) = schema_problems({"name": "a", "shape": {"width": number}}, SHAPES)
        assert problem == f"shape.width: {number} is not of type 'number'"


OVERLAYS = sorted(path.name for path in CONFIGS.glob("*.yaml"))


@pytest.fixture(scope="module")
def default():
    return read_config(CONFIGS)


@pytest.fixture
def completed(default):
    """A maker of the default's completion with an overlay (YAML text)."""

    def make(overlay=""):
        return complete(merged(default, yaml.safe_load(overlay) or {}), CONFIG, PLUGINS)

    return make


@pytest.fixture
def refusal(completed):
    """A maker of the lines that refuse an overlay."""

    def make(overlay):
        with pytest.raises(KnowError) as refused:
            completed(overlay)
        heading, *problems = str(refused.value).splitlines()
        return heading, [problem.removeprefix("  - ") for problem in problems]

    return make


class TestDefaultConfigFiles:
    def test_the_shared_part_comes_first(self):
        first, *others = default_config_files(CONFIGS)
        assert first == CONFIGS / "config.yaml"
        assert CONFIGS / "default/table1.yaml" in others
        assert others == sorted(others)

    def test_no_file_replaces_a_value_of_another(self):
        """So their order does not matter."""
        files = default_config_files(CONFIGS)
        contents = [yaml.safe_load(path.read_text()) for path in files]
        assert read_config(CONFIGS) == merged_in_turn(reversed(contents))


def merged_in_turn(contents):
    config = {}
    for content in contents:
        config = merged(config, content)
    return config


class TestComplete:
    @pytest.mark.parametrize("overlay", OVERLAYS)
    def test_takes_every_shipped_config(self, overlay):
        below = ["hypernetwork.yaml"] if overlay == "authors.yaml" else []
        paths = [CONFIGS / name for name in (*below, overlay)]
        complete(read_config(CONFIGS, *paths), CONFIG, PLUGINS)

    def test_says_in_full_what_a_block_leaves_out(self, completed):
        """One block of each kind, to read what the short forms mean."""
        config = completed()
        assert config["datasets"]["shapes-new"] == {
            "source": "shapes",
            "classes": {"first": 24, "count": 12},
            "size": 16,
            "train": 200,
            "test": 1800,
            "seed": 1,
        }
        assert config["tasks"]["digits"] == {
            "type": "classification",
            "dataset": "digits",
            "trials": 6,
            "trials_per_job": 6,
            "evaluate_every": 100,
            "training": {
                "phases": [
                    {
                        "epochs": 3,
                        "learning_rate": 0.001,
                        "schedule": "constant",
                        "trainable": "norm-and-head",
                    },
                    {
                        "epochs": 10,
                        "learning_rate": 0.002,
                        "schedule": "cosine",
                        "trainable": "everything",
                    },
                ],
                "batch_size": 30,
                "augmentation": "none",
                "precision": "auto",
            },
            "learning_rate_choice": {
                "mode": "fixed",
                "grid": [0.0005, 0.002, 0.005],
                "validation_share": 0.25,
                "trials": 2,
            },
        }
        assert config["architectures"]["simplenet"]["options"] == {}
        assert config["metadata"]["small"]["held_out"] == {
            "every": 6,
            "families": [],
            "datasets": [],
        }
        assert "recipes" not in config

    def test_a_table_has_all_settings_of_its_networks(self, completed):
        config = completed()
        table1, table3 = config["tables"]["table1"], config["tables"]["table3"]
        for key in ("runs", "pretraining", "forgetting", "horizons"):
            assert table1[key] == config[key]
            assert table3[key] == config["tables"]["table2"][key] != config[key]
        assert table3["forgetting"] == {"stages": 5, "rate": "1/3"}
        assert config["landscape"]["forgetting"]["rate"] == config["forgetting"]["rate"]

    def test_an_overlay_over_a_block_reaches_those_that_are_like_it(self, completed):
        config = completed("tables: {table2: {horizons: [2]}}")
        assert config["tables"]["table4"]["horizons"] == [2]
        assert config["tables"]["table5"]["horizons"] == [1, 2]

    def test_a_recipe_is_overlaid_for_all_or_in_one_place(self, completed):
        tasks = completed(
            """
recipes: {pvt-finetuning: {batch_size: 7}}
tasks: {fine-high: {training: {batch_size: 5}}, digits: {training: {recipe: probe}}}
"""
        )["tasks"]
        assert tasks["fine-low"]["training"]["batch_size"] == 7
        assert tasks["fine-high"]["training"]["batch_size"] == 5
        phases = tasks["digits"]["training"]["phases"]
        assert [phase["epochs"] for phase in phases] == [2, 4]

    def test_a_recipe_takes_nothing_from_the_training_that_it_replaces(self, completed):
        config = completed(
            """
recipes: {plain: {phases: [{epochs: 1, learning_rate: 1}], batch_size: 3}}
tables: {table6: {pretraining: {training: {recipe: plain}}}}
"""
        )
        assert config["pretraining"]["training"]["augmentation"] == "crop-flip"
        training = config["tables"]["table6"]["pretraining"]["training"]
        assert training["augmentation"] == "none"

    def test_a_mistake_is_told_where_it_stands_and_not_where_it_spreads(self, refusal):
        heading, problems = refusal(
            """
recipes: {pvt-finetuning: {batch_size: 0}}
datasets: {shapes-pvt: {grain: course}}
pretraining: {images: many}
"""
        )
        assert heading == "the config is wrong:"
        assert problems == [
            "datasets.shapes-pvt.grain: 'course' is not one of ['coarse', 'fine']",
            "pretraining.images: 'many' is not of type 'integer'",
            "recipes.pvt-finetuning.batch_size: 0 is less than the minimum of 1",
        ]

    def test_names_that_nothing_declares_come_at_once(self, refusal):
        heading, problems = refusal(
            """
tasks: {digits: {like: faces}, fine-high: {training: {recipe: pie}}}
datasets: {shapes: {like: shapes-new}, shapes-new: {train: 3}}
"""
        )
        assert heading == "the config names what it does not have:"
        wanted = "tasks.digits.like: wanted one of tasks (shapes-new, digits, "
        assert sum(line.startswith(wanted) for line in problems) == 1
        assert any(line.endswith("found 'faces'") for line in problems)
        wanted = "tasks.fine-high.training.recipe: wanted one of recipes ("
        assert sum(line.startswith(wanted) for line in problems) == 1
        assert "datasets.shapes.like: it leads back to 'shapes-new'" in problems

    def test_ten_mistakes_are_listed_and_the_others_counted(self, refusal):
        overlay = {"methods": {f"m{n}": {"weights": "bsae"} for n in range(13)}}
        _, problems = refusal(yaml.safe_dump(overlay))
        assert len(problems) == 11
        assert problems[-1] == "and 3 more"

    @pytest.mark.parametrize("section", ["3", "[1]", "{digits: 3}", "null"])
    def test_a_section_of_another_form_is_refused(self, refusal, section):
        heading, _ = refusal(f"tasks: {section}")
        assert heading == "the config is wrong:"

    @pytest.mark.parametrize(
        ("overlay", "wanted"),
        [
            ("{forgeting: {rate: 0.5}}", "'forgeting' was unexpected"),
            (
                "{tasks: {digits: {training: {phases: [{learning_rate: 1e-3}]}}}}",
                "tasks.digits.training.phases.0.learning_rate: '1e-3' is not of type",
            ),
            (
                "{tables: {table1: {norm_layers: warm}}}",
                "tables.table1.norm_layers: 'warm' is not one of ['base', 'fresh', ",
            ),
            (
                "{datasets: {Bad_Id: {source: shapes, size: 16}}}",
                "datasets: 'Bad_Id' does not match",
            ),
            (
                "{methods: {auto: {select: []}}}",
                "methods.auto.select: [] should be non-empty",
            ),
            (
                "{methods: {auto: {select: [tsv, tsv]}}}",
                "methods.auto.select: ['tsv', 'tsv'] has non-unique elements",
            ),
            (
                "{methods: {auto: {level: 0.1}}}",
                "methods.auto: Additional properties are not allowed ('level' was "
                "unexpected); there are select",
            ),
            ("{selection: {split: train}}", "split: 'train' is not one of ['test', "),
            (
                "{selection: {share: 1}}",
                "selection.share: 1 is greater than or equal to the maximum of 1",
            ),
        ],
    )
    def test_a_mistake_says_what_was_wanted(self, refusal, overlay, wanted):
        _, problems = refusal(overlay)
        assert any(wanted in problem for problem in problems)


class TestReadRuns:
    @pytest.fixture
    def sheet(self, tmp_path):
        def write(*rows, head="run dataset architecture fraction seed"):
            path = tmp_path / "runs.tsv"
            lines = [line.replace(" ", "\t") for line in (head, *rows)]
            path.write_text("\n".join(lines) + "\n")
            return path

        return write

    def refusal(self, path):
        with pytest.raises(KnowError) as refused:
            read_runs(path, RUNS)
        heading, *problems = str(refused.value).splitlines()
        assert heading == f"the run sheet {path} is wrong:"
        return [problem.removeprefix("  - ") for problem in problems]

    def test_rows_become_records_with_numbers(self, sheet):
        path = sheet("a shapes simplenet 0.5 3", "b shapes simplenet 1 0")
        assert read_runs(path, RUNS) == [
            {
                "run": "a",
                "dataset": "shapes",
                "architecture": "simplenet",
                "fraction": 0.5,
                "seed": 3,
            },
            {
                "run": "b",
                "dataset": "shapes",
                "architecture": "simplenet",
                "fraction": 1,
                "seed": 0,
            },
        ]

    def test_a_name_of_digits_stays_a_name(self, sheet):
        (row,) = read_runs(sheet("1 2 simplenet 0.5 3"), RUNS)
        assert (row["run"], row["dataset"]) == ("1", "2")

    def test_a_sheet_from_a_spreadsheet_is_read(self, sheet):
        path = sheet("a shapes simplenet 0.5 3")
        text = path.read_text().replace("\n", "\r\n")
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
        assert read_runs(path, RUNS)[0]["run"] == "a"

    def test_every_mistake_is_named_with_its_line(self, sheet):
        path = sheet("a shapes simplenet 2 0", "", "B shapes simplenet 0.5 x")
        assert self.refusal(path) == [
            "line 2 fraction: 2 is greater than the maximum of 1",
            "line 4 run: 'B' does not match '^[a-z0-9-]+$'",
            "line 4 seed: 'x' is not of type 'integer'",
        ]

    def test_a_missing_cell_is_named(self, sheet):
        (problem,) = self.refusal(sheet("a shapes simplenet 0.5"))
        assert problem == "line 2 seed: None is not of type 'integer'"

    def test_a_cell_too_many_is_named(self, sheet):
        (problem,) = self.refusal(sheet("a shapes simplenet 0.5 0 more"))
        assert "line 2: " in problem
        assert "'further cells' was unexpected" in problem

    def test_a_misspelt_column_is_named(self, sheet):
        head = "run dataset architecture fraction sead"
        problems = self.refusal(sheet("a shapes simplenet 0.5 0", head=head))
        assert any("'sead' was unexpected" in problem for problem in problems)
        assert "line 2: 'seed' is a required property" in problems

    @pytest.mark.parametrize("fraction", ["nan", "inf", "half", ""])
    def test_a_fraction_that_is_no_number_is_refused(self, sheet, fraction):
        (problem,) = self.refusal(sheet(f"a shapes simplenet {fraction} 0"))
        assert problem.startswith("line 2 fraction: ")
        assert problem.endswith(" is not of type 'number'")

    def test_a_sheet_without_rows_is_refused(self, sheet):
        assert self.refusal(sheet()) == ["it has no row"]

    def test_a_missing_sheet_is_refused(self, tmp_path):
        with pytest.raises(KnowError, match="wanted a run sheet, found no file at"):
            read_runs(tmp_path / "runs.tsv", RUNS)


class TestPlugins:
    """What the schema leaves to the modules of plug-ins."""

    @pytest.mark.parametrize(
        ("overlay", "wanted"),
        [
            (
                "{architectures: {mine: {architecture: resnet}}}",
                "architectures.mine.architecture: wanted an architecture, one of "
                "deeplabv3plus, ",
            ),
            (
                "{datasets: {shapes: {source: shape}}}",
                "datasets.shapes.source: wanted a data source, one of captions-csv, ",
            ),
            (
                "{hypernetworks: {known: {model: unknown}}}",
                "hypernetworks.known.model: wanted a hypernetwork, one of known, ",
            ),
            ("{methods: {tsvv: {}}}", "methods.tsvv.predictor: wanted a predictor, "),
            (
                "{methods: {tsv: {options: {fractoin: 0.1}}}}",
                "methods.tsv.options: Additional properties are not allowed "
                "('fractoin' was unexpected); there are fraction",
            ),
            (
                "{methods: {task-vector: {options: {reading: sum}}}}",
                "methods.task-vector.options.reading: 'sum' is not one of ['mirror', ",
            ),
            (
                "{methods: {mine: {predictor: known}}}",
                "methods.mine: 'known' needs a 'hypernetwork'",
            ),
            (
                "{tasks: {digits: {type: clasification}}}",
                "tasks.digits.type: wanted a type of task, one of captioning, ",
            ),
            (
                "{tasks: {digits: {options: {samples: 2}}}}",
                "tasks.digits.options: Additional properties are not allowed ('samples'"
                " was unexpected); there are none",
            ),
            (
                "{tasks: {digits: {type: segmentation}}}",
                "tasks.digits.options: 'samples' is a required property",
            ),
            (
                "{tasks: {masks-new: {options: {samples: 0}}}}",
                "tasks.masks-new.options.samples: 0 is less than the minimum of 1",
            ),
        ],
    )
    def test_refuse_what_they_do_not_have(self, refusal, overlay, wanted):
        _, (problem,) = refusal(overlay)
        assert problem.startswith(wanted)

    def test_may_lie_outside_the_package(
        self, completed, refusal, monkeypatch, tmp_path
    ):
        text = 'OPTIONS = {"luck": {"minimum": 1}}\ndef guess(): ...\n'
        (tmp_path / "own_predictor.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        method = "guess: {predictor: 'own_predictor:guess', options: {luck: %d}}"
        assert completed(f"methods: {{{method % 1}}}")
        _, (problem,) = refusal(f"methods: {{{method % 0}}}")
        assert problem == "methods.guess.options.luck: 0 is less than the minimum of 1"


class TestSchemaOfTheConfig:
    """What the schema lists is what the library has."""

    @pytest.mark.parametrize(
        ("listed", "held"),
        [
            (DEFINED["augmentation"], AUGMENTATIONS),
            (DATASET["target"], LABEL_DTYPES),
            (DATASET["style"], STYLES),
            (DATASET["grain"], CATALOGUES),
            (BLOCK["methods"]["oneOf"][2]["properties"]["control"], CONTROLS),
            (PHASE["schedule"], get_args(Schedule)),
            (PHASE["trainable"], get_args(Trainable)),
            (TRAINING["precision"], get_args(Precision)),
            (DRAWS["optimizers"]["items"]["properties"]["optimizer"], OPTIMIZERS),
            (DRAWS["schedules"]["items"], get_args(Schedule)),
        ],
    )
    def test_names_are_those_of_the_library(self, listed, held):
        assert sorted(listed["enum"]) == sorted(held)

    @pytest.mark.parametrize(
        ("section", "settings", "given"),
        [
            (BLOCK["datasets"], DatasetSettings, set()),
            (BLOCK["metadata"], MetaDataSettings, {"metadata"}),
            (DRAWS["optimizers"]["items"], OptimizerDraw, set()),
            (DRAWS["held_out"], HeldOut, set()),
            (
                BLOCK["hypernetworks"]["properties"]["training"],
                MetaTraining,
                {"hypernetwork", "model", "kind"},
            ),
            (
                TASKS.facts("captioning")["OPTIONS"]["decoder"],
                DecoderSettings,
                set(),
            ),
        ],
    )
    def test_keys_are_those_of_the_settings(self, section, settings, given):
        listed = set(section["properties"])
        fields = {field.name for field in dataclasses.fields(settings)}
        assert fields - listed == given
        assert listed - fields <= UNDRAWN

    @pytest.mark.parametrize(
        ("hypernetwork", "problems"),
        [
            ("{model: known, source: shipped}", []),
            ("{model: known, source: results/imported}", []),
            (
                "{model: known, source: trained, metadata: small}",
                ["hypernetworks.mine: 'training' is a required property"],
            ),
            ("{model: known}", ["hypernetworks.mine: 'source' is a required property"]),
        ],
    )
    def test_a_trained_hypernetwork_says_on_what(
        self, completed, refusal, hypernetwork, problems
    ):
        overlay = f"hypernetworks: {{mine: {hypernetwork}}}"
        if problems:
            assert refusal(overlay)[1] == problems
        else:
            assert completed(overlay)

    @pytest.mark.parametrize(
        ("rate", "problems"),
        [
            (0.5, []),
            ("1/3", []),
            (1, ["1 is greater than or equal to the maximum of 1"]),
            ("1/0", ["'1/0' does not match '^[1-9][0-9]*/[1-9][0-9]*$'"]),
            (float("nan"), ["nan is not of type 'number'"]),
        ],
    )
    def test_a_rate_is_a_number_or_a_fraction(self, rate, problems):
        found = schema_problems(rate, DEFINED["rate"])
        assert found == [f"config: {problem}" for problem in problems]
