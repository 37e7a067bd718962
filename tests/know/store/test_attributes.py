import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from know.errors import KnowError
from know.store.attributes import from_json, to_json
from know.weights.flatten import tensor_table


@pytest.fixture
def table(stages, kinds):
    return tensor_table(stages[0], kinds)


@pytest.fixture
def written(attributes, table):
    return json.loads(json.dumps(to_json(attributes, table)))


def test_what_goes_in_comes_back(attributes, table, written):
    assert from_json(written, Path("a")) == (attributes, table)


def test_another_format_is_refused(written):
    with pytest.raises(KnowError, match="wanted a trajectory of format 1, found 2 in"):
        from_json({**written, "format": 2}, Path("a"))


@pytest.mark.parametrize("missing", ["run", "seed", "tensors", "stages"])
def test_a_missing_field_is_named(written, missing):
    del written[missing]
    with pytest.raises(KnowError, match=missing):
        from_json(written, Path("a"))


def test_an_unknown_field_is_named(written):
    with pytest.raises(KnowError, match="mood"):
        from_json({**written, "mood": "good"}, Path("a"))


def test_a_record_without_a_finite_number_is_refused(attributes):
    with pytest.raises(KnowError, match=r"accuracy is nan(.|\n)*test_accuracy is inf"):
        replace(attributes.stages[0], accuracy=math.nan, test_accuracy=math.inf)
