import re

import pytest
import torch
from torch import nn

from know.errors import KnowError
from know.weights.flatten import (
    TensorEntry,
    flatten,
    layout_problems,
    tensor_table,
    unflatten,
    vector_lengths,
)
from know.weights.kinds import tensor_kinds


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Conv2d(2, 1, 1), nn.Linear(2, 3)
    )


@pytest.fixture
def state(network):
    return network.state_dict()


@pytest.fixture
def table(network, state):
    return tensor_table(state, tensor_kinds(network.state_dict()))


def test_the_table_gives_each_tensor_its_place_shape_and_dtype(table):
    assert table[0] == TensorEntry(
        name="0.weight", kind="conv", offset=0, shape=(2, 1, 3, 3), dtype="float32"
    )
    found = {entry.name: (entry.kind, entry.offset) for entry in table}
    assert found["2.weight"] == ("conv", 18)
    assert found["0.bias"] == ("bias", 0)
    assert found["2.bias"] == ("bias", 2)
    assert found["3.bias"] == ("bias", 3)
    assert next(e for e in table if "num_batches" in e.name).dtype == "int64"


def test_a_table_names_all_that_does_not_fit():
    state = {"a": torch.zeros(1), "b": torch.zeros(1)}
    with pytest.raises(KnowError, match=r"'a' has no kind(.|\n)*'c' is not in"):
        tensor_table(state, {"b": "bias", "c": "bias"})


def test_a_vector_holds_the_tensors_of_a_kind_end_to_end(state, table):
    vectors = flatten(state, table)
    assert list(vectors) == ["conv", "fc", "bias", "norm", "buffer"]
    assert {vector.dtype for vector in vectors.values()} == {torch.float32}
    lengths = {kind: len(vector) for kind, vector in vectors.items()}
    assert lengths == vector_lengths(table)
    assert lengths == {"conv": 20, "fc": 6, "bias": 6, "norm": 4, "buffer": 5}
    wanted = torch.cat([state["0.weight"].flatten(), state["2.weight"].flatten()])
    assert torch.equal(vectors["conv"], wanted)


def test_unflatten_undoes_flatten(network, state, table):
    found = unflatten(flatten(state, table), table)
    assert list(found) == list(state)
    for name, value in state.items():
        assert found[name].dtype == value.dtype
        assert torch.equal(found[name], value)
    network.load_state_dict(found, strict=True)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floats_come_back_exactly(dtype):
    state = {"weight": torch.linspace(-3, 3, 12).reshape(3, 4).half().to(dtype)}
    table = tensor_table(state, {"weight": "fc"})
    found = unflatten(flatten(state, table), table)["weight"]
    assert found.dtype == dtype
    assert torch.equal(found, state["weight"])


def test_a_count_comes_back_exactly_up_to_its_limit():
    state = {
        "count": torch.tensor(2**24),
        "less": torch.tensor(-(2**24)),
        "on": torch.tensor([True, False]),
    }
    table = tensor_table(state, dict.fromkeys(state, "buffer"))
    found = unflatten(flatten(state, table), table)
    assert all(torch.equal(found[name], state[name]) for name in state)


@pytest.mark.parametrize("count", [2**24 + 1, -(2**24) - 1, 2**62])
def test_a_count_above_the_limit_is_refused(count):
    state = {"count": torch.tensor(count)}
    (problem,) = layout_problems(state, tensor_table(state, {"count": "buffer"}))
    assert re.match(r"'count' reaches \d+; .* up to 2\^24", problem)


def test_what_float32_would_round_is_refused():
    state = {"a": torch.tensor([0.1], dtype=torch.float64), "b": torch.zeros(1) + 0j}
    table = tensor_table(state, {"a": "bias", "b": "bias"})
    real, imaginary = layout_problems(state, table)
    assert real.startswith("'a' is float64")
    assert imaginary.startswith("'b' is complex")


def test_neither_way_shares_memory(state, table):
    before = state["3.weight"].clone()
    vectors = flatten(state, table)
    unflatten(vectors, table)["3.weight"].zero_()
    vectors["fc"].zero_()
    assert torch.equal(state["3.weight"], before)
