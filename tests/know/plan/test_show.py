"""How a plan is printed, and what of it."""

import pytest
import yaml

from know.errors import KnowError
from know.plan import as_yaml, find_entry, overview


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


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("runs/full-s0", "runs/full-s0"),
        ("runs/full-s0/rate", "runs/full-s0/rate"),
        ("table1", "tables/table1"),
    ],
)
def test_a_path_or_the_id_of_one_entry_finds_it(plan, wanted, path):
    found = plan
    for key in path.split("/"):
        found = found[key]
    assert find_entry(plan, wanted) == found


def test_an_id_of_several_entries_lists_their_paths(plan):
    assert find_entry(plan, "full-s0") == [
        *("runs/full-s0", "predictions/full-s0", "controls/full-s0"),
    ]


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("results/table1.csv", "tables/table1"),
        ("table7", "times"),
        ("results/figure3.svg", "landscape"),
        ("results/scores/digits/full-s0/known/block-0.json", "scores/digits/full-s0"),
        ("results/predictions/full-s0/known/n2.safetensors", "predictions/full-s0"),
    ],
)
def test_a_result_s_file_finds_the_entry_it_belongs_to(plan, file, path):
    found = plan
    for key in path.split("/"):
        found = found[key]
    assert find_entry(plan, file) in (found, found.get("known"))


def test_a_refused_table_says_why(bench):
    table = {"tasks": ["digits"], "norm_layers": "fresh", "methods": ["plus"]}
    plan = bench.plan(tables__second={**table, "note": ""})
    assert "tables/second" in overview(plan)["refused"]
    with pytest.raises(KnowError, match=r"second cannot be made(.|\n)*'naive'"):
        find_entry(plan, "second")


def test_the_overview_names_runs_with_their_rate_and_stages(plan):
    assert overview(plan)["runs"]["full-s0"]["rate"] == 0.5
    assert set(overview(plan)["sections"]) == set(plan)


def test_an_unknown_id_names_similar_ones(plan):
    with pytest.raises(KnowError, match="no 'ful-s0' in the plan; similar: full-s0"):
        find_entry(plan, "ful-s0")
