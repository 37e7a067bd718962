"""The committed table of the default shows what the default is chosen to show."""

import csv
import hashlib
import json
from pathlib import Path

import pytest

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
    kept = json.loads((DEFAULT / "provenance.json").read_text())
    digest = hashlib.sha256((PROJECT / "config/config.yaml").read_bytes()).hexdigest()
    assert kept["configs"] == {"config.yaml": digest}
