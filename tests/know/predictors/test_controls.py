import pytest
import torch

from know.predictors.controls import base_norms, random_direction, same_norms


@pytest.fixture
def base():
    return torch.tensor([[3.0, 0.0], [0.0, 4.0]])


@pytest.fixture
def prediction():
    return torch.tensor([[6.0, 0.0], [8.0, 0.0]])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_same_norms_scales_theta_0(base, prediction):
    assert torch.equal(same_norms(base, prediction), 2 * base)


def test_base_norms_scales_the_prediction(base, prediction):
    assert torch.equal(base_norms(base, prediction), prediction / 2)


def test_a_random_step_is_as_long_as_the_predictions(base, prediction):
    found = random_direction(base, prediction, generator=generator())
    assert (found - base).norm().item() == pytest.approx(
        (prediction - base).norm().item(), rel=1e-6
    )
    assert not torch.allclose(found, prediction)


def test_a_random_step_depends_on_the_generator_alone(base, prediction):
    found = random_direction(base, prediction, generator=generator(3))
    again = random_direction(base, prediction, generator=generator(3))
    other = random_direction(base, prediction, generator=generator(4))
    assert torch.equal(found, again)
    assert not torch.equal(found, other)


def test_a_random_step_of_many_weights_is_nearly_orthogonal_to_the_prediction():
    base = torch.zeros(100_000)
    prediction = torch.ones(100_000)
    found = random_direction(base, prediction, generator=generator())
    assert abs(found @ prediction / 100_000) < 0.02


@pytest.mark.parametrize("control", [same_norms, base_norms])
def test_zeros_cannot_be_scaled_and_stay(control):
    zeros, ones = torch.zeros(3), torch.ones(3)
    assert torch.equal(control(zeros, ones), zeros)
    assert torch.equal(control(ones, zeros), zeros)
    assert torch.equal(control(zeros, zeros), zeros)


def test_no_step_stays_no_step(base):
    found = random_direction(base, base, generator=generator())
    assert torch.equal(found, base)
    assert found.data_ptr() != base.data_ptr()


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_dtypes_are_kept(base, prediction, dtype):
    pair = (base.to(dtype), prediction.to(dtype))
    for found in (
        same_norms(*pair),
        base_norms(*pair),
        random_direction(*pair, generator=generator()),
    ):
        assert found.dtype == dtype


def test_an_empty_tensor_stays_empty():
    empty = torch.zeros(0, 3)
    assert same_norms(empty, empty).shape == (0, 3)
    assert base_norms(empty, empty).shape == (0, 3)
    assert random_direction(empty, empty, generator=generator()).shape == (0, 3)
