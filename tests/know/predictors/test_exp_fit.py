import logging

import numpy as np
import pytest
import torch

from know.predictors.exp_fit import predict


def brute_force(row, bound, horizon):
    """Minimise the squares over 20,001 rates, then over as many around the best."""
    time = np.arange(len(row)) - (len(row) - 1)
    center, width = 0.0, bound
    for _ in range(3):
        rates = np.clip(
            np.linspace(center - width, center + width, 20_001), -bound, bound
        )
        curves = np.exp(rates[:, None] * time)
        scales = curves @ row / (curves**2).sum(1)
        squares = ((row - scales[:, None] * curves) ** 2).sum(1)
        best = squares.argmin()
        center, width = rates[best], width / 5000
    return scales[best] * np.exp(horizon * rates[best])


@pytest.mark.parametrize(
    ("horizon", "wanted"),
    [
        (
            1,
            [
                1.144515227242636,
                1.1322919528642355,
                0.36873438376899925,
                0.3,
                -0.7897252293404851,
                0,
            ],
        ),
        (
            3,
            [
                1.468018238509504,
                1.6030635470845047,
                2.724599047273759,
                0.3,
                -1.711516817530468,
                0,
            ],
        ),
    ],
)
def test_it_follows_the_exponential(rows, agrees, horizon, wanted):
    agrees(predict(rows, horizon=horizon), wanted, tolerance=1e-7)


@pytest.mark.parametrize("stages", [2, 3, 5])
def test_it_agrees_with_brute_force(stages):
    history = 0.1 * np.random.default_rng(stages).normal(size=(stages, 20)) + 0.1
    found = predict(torch.from_numpy(history), horizon=2)
    wanted = [brute_force(row, 1.0, 2) for row in history.T]
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("growth", [0.7, 1.0, 1.3])
def test_an_exact_exponential_goes_on(agrees, growth):
    history = torch.tensor([[-2 * growth**t] for t in range(5)], dtype=torch.float64)
    agrees(predict(history, horizon=3), [-2 * growth**7], tolerance=1e-6)


def test_more_weights_than_a_chunk_are_each_fitted_alone():
    history = torch.randn(5, 20_000, generator=torch.Generator().manual_seed(0))
    found = predict(history)
    for some in (slice(0, 5), slice(16_380, 16_390), slice(19_990, None)):
        torch.testing.assert_close(found[some], predict(history[:, some]))


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_extreme_weights_are_fitted_all_the_same(scale, agrees):
    history = torch.tensor([[1.0], [2.0], [4.0]], dtype=torch.float64)
    agrees(predict(history * scale) / scale, [8.0], tolerance=1e-6)


def test_what_overflows_stays_and_is_logged(caplog):
    history = torch.tensor([[1000.0, 1.0], [60000.0, 1.0]]).half()
    with caplog.at_level(logging.WARNING, logger="know"):
        found = predict(history)
    assert found.tolist() == [60000.0, 1.0]
    assert "1 weights overflow and stay as in Theta_0" in caplog.text
