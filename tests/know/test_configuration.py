from pathlib import Path

import pytest
import yaml

from know.configuration import complete, merged, read_config, read_runs
from know.errors import KnowError
from know.plan.resolve import PLUGINS

CONFIGS = Path(__file__).parents[2] / "config"
SCHEMAS = CONFIGS / "schemas"
CONFIG = yaml.safe_load((SCHEMAS / "config.yaml").read_text())
RUNS = yaml.safe_load((SCHEMAS / "runs.yaml").read_text())


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


@pytest.mark.parametrize(
    "text", [None, "runs: [", "runs: {a: 1}}", "- a", "7", "caf\xe9"]
)
def test_a_config_that_cannot_be_read_is_named(tmp_path, text):
    path = tmp_path / "mine.yaml"
    if text is not None:
        path.write_text(text, encoding="latin-1")
    with pytest.raises(KnowError, match=r"mine\.yaml cannot be read"):
        read_config(CONFIGS, path)


class TestComplete:
    def test_says_in_full_what_a_block_leaves_out(self, completed):
        """One block of each kind, to read what the short forms mean."""
        config = completed()
        assert config["datasets"]["shapes-new"] == {
            "source": "shapes",
            "classes": {"first": 24, "count": 12},
            "size": 16,
            "train": 3600,
            "test": 3600,
            "seed": 1,
        }
        task = config["tasks"]["digits"]
        assert task.keys() == config["tasks"]["fine-low"].keys() | {"images"}
        assert task["evaluate_every"] == 100
        assert task["learning_rate_choice"]["mode"] == "fixed"
        assert task["training"]["precision"] == "auto"
        assert task["training"]["phases"][1] == {
            "epochs": 10,
            "learning_rate": 0.002,
            "schedule": "cosine",
            "trainable": "everything",
        }
        assert config["architectures"]["simplenet"]["options"] == {}
        assert config["metadata"]["small"]["held_out"]["families"] == []
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
tasks:
  fine-high: {training: {batch_size: 5}}
  digits: {training: {recipe: masks-finetuning}}
"""
        )["tasks"]
        assert tasks["fine-low"]["training"]["batch_size"] == 7
        assert tasks["fine-high"]["training"]["batch_size"] == 5
        phases = tasks["digits"]["training"]["phases"]
        assert [phase["epochs"] for phase in phases] == [2, 6]

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

    @pytest.mark.parametrize(
        ("overlay", "problem"),
        [
            (
                "architectures: {a: {architecture: simplenet, options: {foo: 1}}}",
                "architectures.a.options: Additional properties are not allowed ('foo' "
                "was unexpected); there are norm, width",
            ),
            (
                "architectures: {a: {architecture: pvt-v2, options: {stages:"
                " [{width: 24, depth: 1, heads: 5, expansion: 4}]}}}",
                "architectures.a.options.stages.0: width (24) is no multiple of heads "
                "(5)",
            ),
            (
                "architectures: {a: {architecture: vit-small, options: {width: 30}}}",
                "architectures.a.options.width: 30 is not a multiple of 4",
            ),
            (
                "datasets: {1: {like: shapes}}",
                "datasets: 1 is not of type 'string'; YAML takes it for no text, "
                "quote it",
            ),
            (
                "methods: {on: {predictor: tsv}}",
                "methods: True is not of type 'string'; YAML takes it for no text, "
                "quote it",
            ),
            (
                'datasets: {"shapes\\n": {like: shapes}}',
                "datasets: 'shapes\\n' does not match '^[a-z0-9-]+$'",
            ),
            (
                "pretraining: {training: {phases: [{epochs: 1, learning_rate: 1e-3}]}}",
                "pretraining.training.phases.0.learning_rate: '1e-3' is not of type "
                "'number'; YAML takes 1e-3 for text, write 1.0e-3",
            ),
            (
                "datasets: {digits: {train: 1.5e2}}",
                "datasets.digits.train: '1.5e2' is not of type 'integer'; YAML takes "
                "1.5e2 for text, write 1.5e+2",
            ),
            (
                "forgetting: {rate: 1/9999999999999}",
                "forgetting.rate: '1/9999999999999' does not match "
                "'^[1-9][0-9]{0,5}/[1-9][0-9]{0,5}$'",
            ),
        ],
    )
    def test_a_mistake_is_found_before_the_first_job(self, refusal, overlay, problem):
        assert refusal(overlay) == ("the config is wrong:", [problem])

    @pytest.mark.parametrize(
        ("overlay", "most"),
        [
            ("horizons: [{}]", 100),
            ("forgetting: {{stages: {}}}", 100),
            ("landscape: {{stages: {}}}", 100),
            ("landscape: {{horizon: {}}}", 100),
            ("landscape: {{points: {}}}", 1_000_000),
            ("metadata: {{small: {{stages: [{}, 7]}}}}", 100),
            ("metadata: {{small: {{shards: {}}}}}", 1000),
            ("metadata: {{small: {{trials_per_shard: {}}}}}", 1000),
            ("tasks: {{digits: {{trials: {}}}}}", 10_000),
        ],
    )
    def test_what_the_plan_lists_one_by_one_has_an_end(
        self, completed, refusal, overlay, most
    ):
        assert completed(overlay.format(most))
        _, problems = refusal(overlay.format(most + 1))
        assert problems[-1].endswith(
            f"{most + 1} is greater than the maximum of {most}"
        )

    def test_ten_mistakes_are_listed_and_the_others_counted(self, refusal):
        overlay = {"methods": {f"m{n}": {"weights": "bsae"} for n in range(13)}}
        _, problems = refusal(yaml.safe_dump(overlay))
        assert len(problems) == 11
        assert problems[-1] == "  and 3 more"

    @pytest.mark.parametrize("content", ["3", "[1]", "{digits: 3}", "null"])
    @pytest.mark.parametrize("section", ["tasks", "methods", "tables"])
    def test_a_section_of_another_form_is_refused(self, refusal, section, content):
        heading, _ = refusal(f"{section}: {content}")
        assert heading == "the config is wrong:"

    @pytest.mark.parametrize(
        ("overlay", "wanted"),
        [
            (
                "devices: {gpu: 1}",
                "devices: Additional properties are not allowed ('gpu' was unexpected);"
                " there are gpus_per_job, images_per_second, processes",
            ),
            ("forgeting: {rate: 0.5}", "config: Additional properties are not allowed"),
            (
                "landscape: {noise: .nan}",
                "landscape.noise: nan is not of type 'number'",
            ),
            (
                "datasets: {Bad_Id: {source: shapes, size: 16}}",
                "datasets: 'Bad_Id' does not match '^[a-z0-9-]+$'",
            ),
            (
                "forgetting: {rate: 1}",
                "forgetting.rate: 1 is greater than or equal to ",
            ),
            # Of several forms, the mistakes are those of the one that was meant.
            (
                "datasets: {digits: {size: 0}}",
                "datasets.digits.size: 0 is less than the minimum of 1",
            ),
            (
                "datasets: {digits: {size: x}}",
                "datasets.digits.size: 'x' is not of type 'integer'",
            ),
            (
                "methods: {mine: {control: same-norms}}",
                "methods.mine: 'of' is a required property",
            ),
            (
                "methods: {auto: {select: [naive, ema, swa, soup, tsv, ar1]}}",
                "methods.auto.select: ['naive', 'ema', 'swa', 'soup', 'tsv', 'ar1'] is "
                "too long",
            ),
            (
                "methods: {auto: {level: 0.1}}",
                "methods.auto: Additional properties are not allowed ('level' was "
                "unexpected); there are default, select",
            ),
            (
                "hypernetworks: {mine: {model: wnn, source: trained, metadata: small}}",
                "hypernetworks.mine: 'training' is a required property",
            ),
        ],
    )
    def test_a_mistake_says_where_it_is_and_what_was_wanted(
        self, refusal, overlay, wanted
    ):
        _, (problem,) = refusal(overlay)
        assert problem.startswith(wanted)


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
        assert heading == f"{path} cannot be used as a run sheet:"
        return [problem.removeprefix("  - ") for problem in problems]

    def test_columns_of_numbers_are_read_as_numbers_and_others_as_text(self, sheet):
        path = sheet("a shapes simplenet 0.5 3", "1 2 simplenet 1 0")
        assert [tuple(row.values()) for row in read_runs(path, RUNS)] == [
            ("a", "shapes", "simplenet", 0.5, 3),
            ("1", "2", "simplenet", 1, 0),
        ]

    def test_every_mistake_is_named_with_its_line(self, sheet):
        path = sheet("a shapes simplenet 2 0", "", "B shapes simplenet 0.5 x")
        assert self.refusal(path) == [
            "line 2 fraction: 2 is greater than the maximum of 1",
            "line 4 run: 'B' does not match '^[a-z0-9-]+$'",
            "line 4 seed: 'x' is not of type 'integer'",
        ]

    def test_a_missing_cell_is_named(self, sheet):
        (problem,) = self.refusal(sheet("a shapes simplenet 0.5"))
        assert problem == "line 2 seed: '' is not of type 'integer'"

    @pytest.mark.parametrize("fraction", ["nan", "inf", "half", ""])
    def test_a_fraction_that_is_no_number_is_refused(self, sheet, fraction):
        (problem,) = self.refusal(sheet(f"a shapes simplenet {fraction} 0"))
        assert problem.startswith("line 2 fraction: ")
        assert problem.endswith(" is not of type 'number'")

    def test_a_missing_sheet_is_refused(self, tmp_path):
        with pytest.raises(KnowError, match="wanted a run sheet, found no file at"):
            read_runs(tmp_path / "runs.tsv", RUNS)


class TestPlugins:
    """Options that the schema leaves to the modules of plug-ins."""

    @pytest.mark.parametrize(
        ("overlay", "wanted"),
        [
            (
                "architectures: {mine: {architecture: resnet}}",
                "architectures.mine.architecture: wanted an architecture, one of "
                "causal-lm, ",
            ),
            (
                "datasets: {shapes: {source: shape}}",
                "datasets.shapes.source: wanted a data source, one of captions-csv, ",
            ),
            (
                "hypernetworks: {known: {model: unknown}}",
                "hypernetworks.known.model: wanted a hypernetwork, one of known, ",
            ),
            ("methods: {tsvv: {}}", "methods.tsvv.predictor: wanted a predictor, "),
            (
                "methods: {tsv: {options: {fractoin: 0.1}}}",
                "methods.tsv.options: Additional properties are not allowed "
                "('fractoin' was unexpected); there are fraction",
            ),
            (
                "methods: {mine: {predictor: known}}",
                "methods.mine: 'known' needs a 'hypernetwork'",
            ),
            (
                "tasks: {digits: {type: clasification}}",
                "tasks.digits.type: wanted a type of task, one of captioning, ",
            ),
            (
                "tasks: {digits: {options: {samples: 2}}}",
                "tasks.digits.options: Additional properties are not allowed ('samples'"
                " was unexpected); there are none",
            ),
            (
                "tasks: {digits: {type: segmentation}}",
                "tasks.digits.options: 'samples' is a required property",
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
