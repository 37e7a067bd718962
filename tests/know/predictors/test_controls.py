import pytest
import torch

from know.errors import KnowError
from know.predictors.controls import CONTROLS, apply_control

BASE = torch.tensor([[3.0, 0.0], [0.0, 4.0]])
PREDICTION = torch.tensor([[6.0, 0.0], [8.0, 0.0]])


def controlled(name, base=BASE, prediction=PREDICTION, *, seed=0):
    return apply_control(name, "w", base, prediction, seed=seed)


def test_same_norms_scales_theta_0():
    assert torch.equal(controlled("same-norms"), 2 * BASE)


def test_base_norms_scales_the_prediction():
    assert torch.equal(controlled("base-norms"), PREDICTION / 2)


def test_a_random_step_is_as_long_as_the_predictions():
    found = controlled("random-direction")
    wanted = (PREDICTION - BASE).norm().item()
    assert (found - BASE).norm().item() == pytest.approx(wanted, rel=1e-6)
    assert not torch.allclose(found, PREDICTION)


def test_a_random_step_of_many_weights_is_nearly_orthogonal_to_the_prediction():
    ones = torch.ones(100_000)
    found = controlled("random-direction", torch.zeros(100_000), ones)
    assert abs(found @ ones / 100_000) < 0.02


def test_random_directions_depend_on_seed_and_tensor():
    found, again, other = (controlled("random-direction", seed=s) for s in (1, 1, 2))
    assert torch.equal(found, again)
    assert not torch.equal(found, other)
    of_another = apply_control("random-direction", "v", BASE, PREDICTION, seed=1)
    assert not torch.equal(found, of_another)


@pytest.mark.parametrize("name", ["same-norms", "base-norms"])
def test_zeros_cannot_be_scaled_and_stay(name):
    zeros, ones = torch.zeros(3), torch.ones(3)
    for base, prediction in ((zeros, ones), (ones, zeros), (zeros, zeros)):
        assert torch.equal(controlled(name, base, prediction), zeros)


def test_no_step_stays_no_step():
    found = controlled("random-direction", prediction=BASE)
    assert torch.equal(found, BASE)
    assert found.data_ptr() != BASE.data_ptr()


@pytest.mark.parametrize("name", CONTROLS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_dtypes_and_empty_tensors_are_kept(name, dtype):
    assert controlled(name, BASE.to(dtype), PREDICTION.to(dtype)).dtype == dtype
    empty = torch.zeros(0, 3, dtype=dtype)
    assert controlled(name, empty, empty).shape == (0, 3)


def test_an_overflow_is_refused():
    base = torch.tensor([60000.0, 1.0]).half()
    with pytest.raises(KnowError, match="'w': the control same-norms overflows"):
        controlled("same-norms", base, torch.full((2,), 60000.0).half())
