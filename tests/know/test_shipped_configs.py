"""The configs that come with the project."""

import functools
import re
from pathlib import Path

import pytest
import yaml

from know.configuration import default_config_files, merged, read_config
from know.plan import resolve_project

CONFIGS = Path(__file__).parents[2] / "config"

# Files of scores that Tables 1 to 6 read, by the overlay over the default.
SCORES = {
    # 14 runs of three rows; ten more rows of fewer seeds.
    "config": [89, 20, 40, 10, 11, 84],
    # Eight runs of four rows, three tasks.
    "auto": [96, 20, 40, 10, 11, 48],
    "tuned": [89, 20, 40, 10, 11, 84],
    # 14 runs of three rows.
    "seeds": [42, 20, 40, 10, 11, 84],
    # Five runs of eight rows, the oracle's two; of two rows more.
    "cifar": [37, 20, 40, 10, 11, 30],
    "cifar-authors": [47, 20, 40, 10, 11, 30],
    "cifar-converged": [37, 20, 40, 10, 11, 30],
    "real-small": [89, 40, 80, 10, 22, 84],
    # Five runs of 22 rows, ten trials each.
    "paper": [1100, 250, 80, 20, 120, 60],
    # Three runs of five rows.
    "gpu": [15, 20, 40, 10, 11, 18],
    "smoke": [13, 10, 8, 2, 5, 3],
    "hypernetwork": [89, 20, 40, 10, 11, 84],
    "authors": [89, 20, 40, 10, 11, 84],
    "language": [89, 20, 40, 10, 11, 84],
}

# Overlays that want another one below them.
BELOW = {
    "authors": "hypernetwork",
    "cifar-authors": "cifar",
    "cifar-converged": "cifar",
}


def plan_of(config):
    return resolve_project(CONFIGS.parent, config, version_of=lambda *code: "")[1]


def test_no_file_of_the_default_replaces_a_value_of_another():
    """So their order does not matter."""
    files = default_config_files(CONFIGS)
    contents = [yaml.safe_load(path.read_text()) for path in files]
    assert read_config(CONFIGS) == functools.reduce(merged, reversed(contents))


class TestShippedConfigs:
    def test_all_are_listed_here(self):
        assert {path.stem for path in CONFIGS.glob("*.yaml")} == set(SCORES)

    @pytest.mark.parametrize("name", SCORES)
    def test_ask_for_what_can_be_had(self, name):
        below = [CONFIGS / f"{BELOW[name]}.yaml"] if name in BELOW else []
        plan = plan_of(read_config(CONFIGS, *below, CONFIGS / f"{name}.yaml"))
        tables = [plan["tables"][f"table{number}"] for number in range(1, 7)]
        assert [len(table["scores"]) for table in tables] == SCORES[name]
        assert set(plan["refused"]) <= {"selection_table"}

    def test_a_table_of_the_users_own_makes_scores_alone(self):
        default = read_config(CONFIGS)
        page = (CONFIGS.parent / "docs/new_benchmark.md").read_text()
        overlay = yaml.safe_load(re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1])
        before, after = plan_of(default), plan_of(merged(default, overlay))
        changed = {kind for kind in before if before[kind] != after[kind]}
        assert changed == {"cards", "datasets", "scores", "tables"}
        scores = after["scores"]
        assert scores["my-digits"].keys() == scores["shapes-new"].keys()
