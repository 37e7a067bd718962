import pytest
import torch

from know.errors import KnowError
from know.hypernetwork.models.nino_mlp import NinoMlp
from know.predictors.nino_mlp import predict

MEAN, DEVIATION = 0.25062500000000004, 0.41997007667418884


@pytest.fixture
def models():
    """A network of 6 outputs for each kind, in float64."""
    models = {}
    for seed, kind in enumerate(["conv", "fc", "bias"]):
        generator = torch.Generator().manual_seed(seed)
        model = NinoMlp(5, 6, hidden=8, kind=kind).double()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(std=0.4, generator=generator)
        models[kind] = model
    return models


@pytest.fixture
def saying():
    """A maker of networks whose outputs do not depend on the history."""

    def make(*outputs):
        model = NinoMlp(5, len(outputs), hidden=4).double()
        with torch.no_grad():
            model.head.weight.zero_()
            model.head.bias.copy_(torch.tensor(outputs, dtype=torch.float64))
        return {"conv": model}

    return make


def test_the_residual_is_in_units_of_the_tensor_s_spread(rows, saying, agrees):
    scaled = (rows[-1] - MEAN) / (DEVIATION + 1e-6)
    for horizon, output in enumerate([0.1, 0.3, -0.2], 1):
        found = predict(rows, horizon=horizon, models=saying(0.1, 0.3, -0.2))
        agrees(found, ((scaled + output) * DEVIATION + MEAN).tolist())


def test_the_network_sees_the_scaled_history(rows, models):
    scaled = (rows - MEAN) / (DEVIATION + 1e-6)
    outputs = models["fc"](scaled.T)
    wanted = (scaled[-1] + outputs[:, 1]) * DEVIATION + MEAN
    found = predict(rows, horizon=2, kind="fc", models=models)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-9)


def test_a_step_says_how_many_outputs_make_a_stage(rows, models):
    for horizon in (1, 2, 3):
        found = predict(rows, horizon=horizon, step=2, models=models)
        wanted = predict(rows, horizon=2 * horizon, models=models)
        assert torch.equal(found, wanted)


def test_a_pass_of_few_stages_keeps_the_newest_of_those_before(rows, models):
    # Outputs 4 and 8, of which there are six: one stage a pass.
    first = predict(rows, step=4, models=models)
    window = torch.cat([rows[1:], first[None]])
    wanted = predict(window, step=4, models=models)
    found = predict(rows, horizon=2, step=4, models=models)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)


def test_weights_far_from_zero_are_scaled_exactly_enough(models):
    generator = torch.Generator().manual_seed(0)
    history = 1e-3 * torch.randn(5, 40, dtype=torch.float64, generator=generator)
    found = predict((history + 1).float(), models=models).double() - 1
    wanted = predict(history, models=models)
    torch.testing.assert_close(found, wanted, rtol=0, atol=2e-6)


@pytest.mark.parametrize("step", [0, 7])
def test_a_step_out_of_range_is_refused(rows, models, step):
    with pytest.raises(
        KnowError, match=rf"^nino-mlp needs step in \[1, 6\] .* got {step}"
    ):
        predict(rows, models=models, step=step)
