"""Parts of a plan are found by paths, ids and files, and printed."""

import pytest
import yaml

from know.configuration import as_yaml
from know.errors import KnowError
from know.plan import find_entry, overview, without_nulls


@pytest.fixture
def plan(planned):
    return planned()


def test_yaml_reads_back_as_the_plan(plan):
    assert yaml.safe_load(as_yaml(plan)) == plan


@pytest.mark.parametrize("value", [1e-05, True, "a: b"])
def test_a_value_is_printed_alone(value):
    text = as_yaml(value)
    assert yaml.safe_load(text) == value
    assert text.count("\n") == 1


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        *((path, path) for path in ("runs/smoke-s0", "runs/smoke-s0/rate")),
        ("table1", "tables/table1"),
        ("results/table1.csv", "tables/table1"),
        ("table7", "times"),
        ("results/figure3.svg", "landscape"),
        ("results/scores/digits/smoke-s0/known/block-0.json", "scores/digits/smoke-s0"),
        ("results/predictions/smoke-s0/known/n1.safetensors", "predictions/smoke-s0"),
    ],
)
def test_a_path_an_id_or_a_result_s_file_finds_an_entry(plan, wanted, path):
    found = plan
    for key in path.split("/"):
        found = found[key]
    of_known = found.get("known") if isinstance(found, dict) else None
    assert find_entry(plan, wanted) in (found, of_known)


def test_an_id_of_several_entries_lists_their_paths(plan):
    assert find_entry(plan, "smoke-s0") == [
        *("runs/smoke-s0", "predictions/smoke-s0", "fits/smoke-s0"),
    ]


def test_a_refused_table_says_why(planned):
    plan = planned("tables: {table6: {methods: [known]}}")
    assert "tables/table6" in overview(plan)["refused"]
    with pytest.raises(KnowError, match=r"table6 cannot be made(.|\n)*'naive'"):
        find_entry(plan, "table6")


def test_the_overview_names_runs_with_their_rate_and_stages(plan):
    assert overview(plan)["runs"]["smoke-s0"]["rate"] == 0.5
    assert set(overview(plan)["sections"]) == set(plan)


def test_an_unknown_id_names_similar_ones(plan):
    with pytest.raises(KnowError, match="no 'smok-s0' in the plan; similar: smoke-s0"):
        find_entry(plan, "smok-s0")


def test_what_is_not_set_is_left_out():
    assert without_nulls({"a": None, "b": [{"c": None, "d": 0}]}) == {"b": [{"d": 0}]}
