import math

import pytest
import torch

from know.errors import KnowError
from know.weights.compare import compare_weights


@pytest.mark.parametrize(
    ("factor", "expected"),
    [(1, (1, 1, 0)), (-1, (1, -1, 2)), (2, (2, 1, 1)), (0, (0, 0, 1))],
)
def test_a_multiple_of_the_named_tensors_alone(factor, expected):
    torch.manual_seed(0)
    base = {"a": torch.randn(37, 11), "b": torch.randn(5), "unnamed": torch.ones(2)}
    prediction = {n: factor * value for n, value in base.items()} | {"unnamed": None}
    found = compare_weights(prediction, base, ["a", "b"])
    assert (found.norm_ratio, found.cosine, found.step_ratio) == expected


def test_a_case_worked_by_hand():
    # Base (3, 4), prediction (4, 3): norms 5 and 5, product 24, step (1, -1).
    base = {"a": torch.tensor([3.0]), "b": torch.tensor([4.0])}
    prediction = {"a": torch.tensor([4.0]), "b": torch.tensor([3.0])}
    found = compare_weights(prediction, base, ["a", "b"])
    assert found.norm_ratio == 1
    assert found.cosine == pytest.approx(24 / 25, rel=1e-15)
    assert found.step_ratio == pytest.approx(math.sqrt(2) / 5, rel=1e-15)


def test_small_steps_are_not_lost_to_float32():
    base = {"a": torch.ones(1000)}
    prediction = {"a": torch.ones(1000)}
    prediction["a"][0] += 2**-20
    found = compare_weights(prediction, base, ["a"])
    assert found.step_ratio == pytest.approx(2**-20 / math.sqrt(1000), rel=1e-12)


def test_a_base_of_zeros_is_refused():
    state = {"a": torch.zeros(2)}
    with pytest.raises(KnowError, match="not all zero"):
        compare_weights(state, state, ["a"])


def test_no_tensor_at_all_is_refused():
    with pytest.raises(KnowError, match="got 0 tensors"):
        compare_weights({}, {}, [])
