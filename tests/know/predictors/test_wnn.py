import math

import pytest
import torch

from know.hypernetwork.models.wnn import Wnn
from know.predictors.wnn import predict


@pytest.fixture
def constant():
    """A maker of networks whose output does not depend on the history."""

    def make(output):
        model = Wnn(5).double()
        with torch.no_grad():
            model.head.weight.zero_()
            model.head.bias.fill_(math.atanh(output))
        return {"conv": model}

    return make


def test_without_a_residual_theta_0_stays(rows, constant, agrees):
    for horizon in (1, 3):
        found = predict(rows, horizon=horizon, models=constant(0.0))
        agrees(found, rows[-1].tolist(), 1e-12)


def test_a_residual_is_in_units_of_each_weight_s_range(rows, constant, agrees):
    wanted = [
        1.080002002,
        1.093752002,
        0.300002002,
        0.300002002,
        -0.409997998,
        2.002e-06,
    ]
    agrees(predict(rows, models=constant(0.1)), wanted, 1e-12)


def test_a_further_stage_is_scaled_by_its_own_window(constant, agrees):
    history = torch.tensor([[0.0], [1.0], [1.0], [1.0], [1.0]], dtype=torch.float64)
    models = constant(0.1)
    # The first window spans 0 .. 1, the second 1 .. 1.2.
    first = 1 + 0.1 * 2 * (1 + 1e-8 + 1e-5)
    second = first + 0.1 * 2 * (first - 1 + 1e-8 + 1e-5)
    agrees(predict(history, models=models), [first], 1e-12)
    agrees(predict(history, horizon=2, models=models), [second], 1e-12)


@pytest.mark.parametrize("horizon", [1, 3])
def test_only_what_is_small_against_the_constants_feels_scale(rows, synthetic, horizon):
    models = {"conv": synthetic(5, Wnn)}
    found = predict(1e6 * rows + 5, horizon=horizon, models=models)
    wanted = 1e6 * predict(rows, horizon=horizon, models=models) + 5
    moving = [0, 1, 2, 4]
    torch.testing.assert_close(found[moving], wanted[moving], rtol=1e-3, atol=1)


def test_a_network_in_float32_serves_weights_in_float64(rows, models_of):
    models = models_of("wnn")
    found = predict(rows, models=models)
    wanted = predict(rows, models={kind: m.double() for kind, m in models.items()})
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)
