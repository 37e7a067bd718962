import pytest
import torch

from know.errors import KnowError
from know.landscape.vectors import (
    predicted_vector,
    with_vector,
)


def test_a_state_takes_a_vector_and_keeps_its_other_tensors(states, kinds):
    changed = with_vector(states[0], kinds, predicted_vector(states[1], kinds))
    for name, value in changed.items():
        source = states[1 if kinds[name] in ("conv", "fc", "bias") else 0]
        assert torch.equal(value, source[name])
        assert value.dtype == source[name].dtype


def test_a_vector_of_another_length_is_refused(states, kinds):
    with pytest.raises(KnowError, match=r"predicted weights, got one of shape \(3,\)"):
        with_vector(states[0], kinds, torch.zeros(3))
