"""The committed tables of the embedded default show what it is chosen to show."""

import csv
from pathlib import Path

from know.configuration import read_config
from know.plan import resolve_project

PROJECT = Path(__file__).parents[1]
REFERENCE = PROJECT / "results" / "reference" / "default"


def read(name):
    with (REFERENCE / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_four_times_the_data_are_worth_five_points_beyond_doubt():
    (oracle,) = (r for r in read("table1_seeds") if r["method"] == "oracle-x4")
    assert float(oracle["delta_vs_naive"]) >= 5
    assert float(oracle["low_vs_naive"]) > 0


def test_the_kept_table_is_of_the_config_as_it_is_now():
    """If this fails, run the config and `know keep-reference` it anew."""
    config = read_config(PROJECT / "config")
    config, plan = resolve_project(PROJECT, config, version_of=lambda *_: "no digest")
    tasks = [task["task"] for task in plan["tables"]["table1"]["facts"]["tasks"]]
    wanted = {
        (facts["run"], task, facts["method"], f"{facts['factor']:g}")
        for task in tasks
        for run in plan["tables"]["table1"]["facts"]["runs"]
        for method in plan["tables"]["table1"]["facts"]["methods"]
        # A row of fewer seeds has no score for the other runs.
        if (score := plan["scores"][task][run["run"]].get(method["method"]))
        for facts in score["candidates"]
    }
    rows = [row for row in read("table1") if row["task"] in tasks]
    names = ("run", "task", "method", "factor")
    kept = {tuple(row[name] for name in names) for row in rows}
    assert kept == wanted
    for row in rows:
        assert int(row["trials"]) == config["tasks"][row["task"]]["trials"]
