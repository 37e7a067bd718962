"""How a plan is printed, and what of it."""

import pytest
import yaml

from know.errors import KnowError
from know.plan import as_yaml, find_entries


def test_yaml_reads_back_as_the_plan(plan):
    assert yaml.safe_load(as_yaml(plan)) == plan


@pytest.mark.parametrize(
    "value",
    [
        *("yes", "null", "1e5", " x", "x ", "a: b", "a #b", "", "[a]", "é", "x\n"),
        *(1e-05, 1e300, 0.5, True, None, [], {}, [[1, [2]], {"a": {}}]),
    ],
)
def test_any_value_reads_back(value):
    assert yaml.safe_load(as_yaml({"key": value})) == {"key": value}


def test_a_path_or_an_id_finds_entries(plan):
    assert list(find_entries(plan, "runs/full-s0")) == ["runs/full-s0"]
    assert list(find_entries(plan, "full-s0")) == [
        *("runs/full-s0", "predictions/full-s0", "controls/full-s0"),
        "scores/digits/full-s0",
    ]
    assert find_entries(plan, "runs/full-s0/rate") == {"runs/full-s0/rate": 0.5}


def test_why_a_table_is_refused_is_found_by_its_id(bench):
    table = {"tasks": ["digits"], "norm_layers": "fresh", "methods": ["plus"]}
    plan = bench.plan(tables__second={**table, "note": ""})
    (problems,) = find_entries(plan, "second").values()
    assert "'naive' is missing" in problems[0]


def test_an_unknown_id_names_those_that_are_spelled_alike(plan):
    with pytest.raises(KnowError, match="no 'ful-s0'; similar: runs/full-s0"):
        find_entries(plan, "ful-s0")
