"""The committed tables of the embedded default show what it is chosen to show."""

import csv
from pathlib import Path

import pytest

from know.configuration import read_config
from know.plan import resolve_project

PROJECT = Path(__file__).parents[1]
REFERENCE = PROJECT / "results" / "reference"
TABLES = [f"table{number}" for number in range(1, 7)]


def read(folder, table):
    with (REFERENCE / folder / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def read_oracle(folder, fraction):
    """The row of networks that were trained on eight times the data."""
    (oracle,) = (
        row
        for row in read(folder, "table1_seeds")
        if (row["fraction"], row["method"], row["factor"]) == (fraction, "oracle", "8")
    )
    return oracle


@pytest.mark.parametrize("fraction", ["1", "0.5"])
@pytest.mark.parametrize("folder", ["default", "two-seeds"])
def test_eight_times_the_data_are_worth_two_points_and_more(folder, fraction):
    assert float(read_oracle(folder, fraction)["delta_vs_naive"]) >= 2


@pytest.mark.parametrize("fraction", ["1", "0.5"])
def test_with_two_seeds_the_headroom_is_beyond_doubt(fraction):
    assert float(read_oracle("two-seeds", fraction)["p_value"]) < 0.01


@pytest.mark.parametrize(
    ("folder", "overlays", "table"),
    [("default", [], table) for table in TABLES]
    + [("two-seeds", ["two-seeds.yaml"], "table1")],
)
def test_the_kept_table_is_of_the_config_as_it_is_now(folder, overlays, table):
    """If this fails, run the config and `know keep-reference` it anew."""
    configs = PROJECT / "config"
    config = read_config(configs, *(configs / name for name in overlays))
    config, plan = resolve_project(PROJECT, config, version_of=lambda *_: "no digest")
    tasks = [task["task"] for task in plan["tables"][table]["facts"]["tasks"]]
    wanted = {
        (facts["run"], task, facts["method"], f"{facts['factor']:g}")
        for task in tasks
        for run in plan["tables"][table]["facts"]["runs"]
        for method in plan["tables"][table]["facts"]["methods"]
        for facts in plan["scores"][task][run["run"]][method["method"]]["candidates"]
    }
    rows = [row for row in read(folder, table) if row["task"] in tasks]
    names = ("run", "task", "method", "factor")
    kept = {tuple(row[name] for name in names) for row in rows}
    assert kept == wanted
    for row in rows:
        assert int(row["trials"]) == config["tasks"][row["task"]]["trials"]
