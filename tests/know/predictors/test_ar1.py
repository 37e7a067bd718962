import pytest
import torch

from know.predictors.ar1 import predict, step_ratio


def fitted(history):
    return step_ratio(lambda: [history], history.shape[1:])


def moving(*steps, start=0.0):
    """A history of one weight that moves by these steps, oldest first."""
    return torch.tensor([start, *steps], dtype=torch.float64).cumsum(0)[:, None]


def test_the_ratio_is_that_of_the_whole_tensor(rows):
    assert fitted(rows) == pytest.approx(-0.136484375 / 0.4230078125, abs=1e-12)
    assert fitted(rows) == pytest.approx(-0.32265213777818813, abs=1e-12)


def test_the_last_step_is_continued_by_the_fitted(rows, agrees):
    wanted = [
        0.9677347862221812,
        0.919336965555453,
        0.10320435866654355,
        0.3,
        -0.4677347862221812,
        0.0,
    ]
    agrees(predict(rows), wanted)


@pytest.mark.parametrize(("horizon", "wanted"), [(1, 15.5), (2, 15.75), (3, 15.875)])
def test_steps_that_halve_go_on_halving(agrees, horizon, wanted):
    history = moving(8, 4, 2, 1)
    assert fitted(history) == pytest.approx(0.5)
    agrees(predict(history, horizon=horizon), [wanted])


def test_every_weight_is_continued_by_the_tensor_s_fitted(agrees):
    # Steps 1, 2 of one weight and 1, 0 of the other: (1 * 2 + 1 * 0) / (1 + 1).
    history = torch.cat([moving(1, 2), moving(1, 0)], dim=1)
    assert fitted(history) == 1
    agrees(predict(history), [5.0, 1.0])


@pytest.mark.parametrize(
    ("steps", "ratio"), [((1, 2, 4, 8), 1.5), ((1, -2, 4, -8), -1.0)]
)
def test_a_ratio_without_measure_is_clipped(steps, ratio, agrees):
    history = moving(*steps)
    assert fitted(history) == ratio
    agrees(predict(history), [history[-1].item() + ratio * steps[-1]])


@pytest.mark.parametrize("steps", [(0, 0, 5), (1e-13, 1e-13, 5), (5,)])
def test_where_earlier_steps_show_nothing_theta_0_stays(steps):
    history = moving(*steps, start=0.25)
    assert fitted(history) == 0
    assert torch.equal(predict(history), history[-1])


def test_the_ratio_of_many_small_steps_in_float32_is_exact_enough():
    generator = torch.Generator().manual_seed(0)
    step = 1e-3 * torch.randn(100_000, dtype=torch.float64, generator=generator)
    history = torch.stack([1 + step * k for k in (0, 1, 1.75, 2.3125)])
    assert fitted(history.float()) == pytest.approx(0.75, abs=1e-6)
