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


def test_it_gives_the_values_of_its_definition(rows, synthetic, agrees):
    wanted = [
        1.146189734640087,
        1.1882025189146002,
        0.576225460741295,
        0.3000042140748724,
        -0.3277711321238673,
        4.214074872380807e-06,
    ]
    agrees(predict(rows, models={"conv": synthetic(5, Wnn)}), wanted)


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
