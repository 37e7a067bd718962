"""The committed table of the default shows what the default is chosen to show."""

import csv
from pathlib import Path

import pytest
import yaml

from know.configuration import read_runs
from know.plan import read_plans

PROJECT = Path(__file__).parents[1]
DEFAULT = PROJECT / "results" / "reference" / "default"


@pytest.fixture(scope="module")
def seeds():
    with (DEFAULT / "table1_seeds.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("fraction", ["1", "0.5"])
def test_eight_times_the_data_are_worth_two_points_and_more(seeds, fraction):
    (oracle,) = (
        row
        for row in seeds
        if (row["fraction"], row["method"], row["factor"]) == (fraction, "oracle", "8")
    )
    assert float(oracle["delta_vs_naive"]) >= 2
    assert float(oracle["p_value"]) < 0.01


def test_the_table_is_of_the_default_as_it_is_now():
    """If this fails, run the default and `know keep-reference` it anew."""
    config = yaml.safe_load((PROJECT / "config/config.yaml").read_text())
    sheet = yaml.safe_load((PROJECT / "config/schemas/runs.yaml").read_text())
    plan = read_plans(config, lambda path: read_runs(PROJECT / path, sheet))["table1"]
    (task,) = plan.tasks
    wanted = {
        (run, method, f"{plan.factor(horizon):g}", str(config["tasks"][task]["trials"]))
        for run in plan.runs
        for method in plan.methods
        for horizon in plan.method_horizons(method)
    }
    with (DEFAULT / "table1.csv").open(newline="") as file:
        kept = {
            (row["run"], row["method"], row["factor"], row["trials"])
            for row in csv.DictReader(file)
        }
    assert kept == wanted
