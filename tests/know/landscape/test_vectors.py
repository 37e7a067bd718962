import pytest
import torch

from know.errors import KnowError
from know.landscape.vectors import (
    predicted_names,
    predicted_vector,
    tensors_in,
    with_vector,
)


def test_a_vector_holds_the_predicted_tensors_in_the_order_of_the_state(states, kinds):
    vector_P = predicted_vector(states[0], kinds)
    first = states[0]["body.0.weight"]
    torch.testing.assert_close(vector_P[: first.numel()], first.flatten())
    names = predicted_names(states[0], kinds)
    assert {kinds[name] for name in names} == {"conv", "fc", "bias"}
    assert len(vector_P) == sum(states[0][name].numel() for name in names)


def test_a_state_takes_a_vector_and_keeps_its_other_tensors(states, kinds):
    changed = with_vector(states[0], kinds, predicted_vector(states[1], kinds))
    for name, value in changed.items():
        source = states[1 if kinds[name] in ("conv", "fc", "bias") else 0]
        assert torch.equal(value, source[name])
        assert value.dtype == source[name].dtype


def test_the_parts_of_a_vector_are_its_tensors(states, kinds):
    parts = dict(tensors_in(predicted_vector(states[0], kinds), states[0], kinds))
    assert torch.equal(parts["head.weight"], states[0]["head.weight"].flatten())


def test_a_vector_of_another_length_is_refused(states, kinds):
    with pytest.raises(KnowError, match=r"predicted weights, got one of shape \(3,\)"):
        with_vector(states[0], kinds, torch.zeros(3))
