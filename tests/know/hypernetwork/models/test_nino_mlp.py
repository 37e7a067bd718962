import math

import pytest
import torch

from know.errors import KnowError
from know.hypernetwork.models.nino_mlp import NinoMlp, scaling
from know.hypernetwork.tensor_facts import TensorFacts, facts_of_windows
from know.hypernetwork.windows import WindowBatch


@pytest.fixture
def model():
    """A network of 3 outputs whose numbers are large enough to matter."""
    generator = torch.Generator().manual_seed(3)
    model = NinoMlp(5, 3, hidden=8, kind="fc", generator=generator).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.4, generator=generator)
    return model


@pytest.fixture
def history():
    """Values of 20 weights at 5 stages, far from 0."""
    generator = torch.Generator().manual_seed(0)
    return 2 + 0.1 * torch.randn(20, 5, dtype=torch.float64, generator=generator)


def facts_of(*histories):
    """Facts of several tensors, from their values (weights, stages)."""
    rows = [
        facts_of_windows([history.T], [len(history)], rate=0.5) for history in histories
    ]
    return TensorFacts(
        **{name: torch.cat([getattr(r, name) for r in rows]) for name in vars(rows[0])}
    )


def batch_of(target, *histories):
    return WindowBatch(
        history_BS=torch.cat(histories),
        target_BH=target,
        facts=facts_of(*histories),
        step_WH=torch.ones(len(histories), target.shape[1]),
    )


@pytest.mark.parametrize(("hidden", "count"), [(128, 57_384), (32, 5_160)])
def test_the_published_networks_have_so_many_parameters(hidden, count):
    network = NinoMlp(5, 40, hidden=hidden)
    assert sum(layer.numel() for layer in network.parameters()) == count


def test_the_scaling_is_that_of_the_whole_tensor(rows):
    values = rows.T
    mean, deviation = (found.item() for found in scaling(facts_of(values)))
    assert mean == pytest.approx(0.25062500000000004, abs=1e-12)
    assert deviation == pytest.approx(0.41997007667418884, abs=1e-12)
    scaled = (values[0] - mean) / (deviation + 1e-6)
    assert scaled.tolist() == pytest.approx(
        [
            0.8319025271138923,
            1.0700141627815538,
            1.3081257984492154,
            1.5462374341168772,
            1.7843490697845386,
        ],
        abs=1e-9,
    )


def test_the_layers_follow_each_other_as_published(model):
    scaled = torch.tensor([[0.5, -0.2, 0.1, 0.9, -1.0]], dtype=torch.float64)

    def linear(layer, values):
        return [
            sum(w * v for w, v in zip(row, values, strict=True)) + bias
            for row, bias in zip(
                layer.weight.tolist(), layer.bias.tolist(), strict=True
            )
        ]

    values = linear(model.lift, scaled[0].tolist())
    # Linear layers are type 1.
    types = model.types.weight[1].tolist()
    values = [value + own for value, own in zip(values, types, strict=True)]
    for layer in model.hidden:
        values = [z / (1 + math.exp(-z)) for z in linear(layer, values)]
    wanted = linear(model.head, values)
    assert model(scaled)[0].tolist() == pytest.approx(wanted, abs=1e-12)


def test_what_is_added_leads_to_the_scaled_prediction_scaled_back(model, history):
    other = 0.01 * history - 0.3
    found = model.ahead(torch.cat([history, other]), facts_of(history, other))
    for residual, values in zip(found.split(20), (history, other), strict=True):
        mean, deviation = values.mean(), values.std()
        scaled = (values - mean) / (deviation + 1e-6)
        wanted = (scaled[:, -1:] + model(scaled)) * deviation + mean
        torch.testing.assert_close(values[:, -1:] + residual, wanted, rtol=0, atol=1e-9)


def test_a_tensor_of_one_value_stays(model):
    constant = torch.full((4, 5), 0.3, dtype=torch.float64)
    found = model.ahead(constant, facts_of(constant))
    torch.testing.assert_close(found, torch.zeros(4, 3).double(), rtol=0, atol=1e-7)


def test_the_loss_is_the_error_in_scaled_units(model, history):
    missing = torch.tensor([[0.1, 0.2, 0.3]]).double()
    found = model.loss(batch_of(history[:, -1:] + missing, history))
    width = history.std() + 1e-6
    scaled = (history - history.mean()) / width
    wanted = (model(scaled) - missing / width).abs().mean()
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-9)


def test_stages_that_a_trajectory_lacks_do_not_count(model, history):
    missing = torch.tensor([[0.1, 0.2, torch.nan]]).double()
    found = model.loss(batch_of(history[:, -1:] + missing, history))
    found.backward()
    width = history.std() + 1e-6
    outputs = model((history - history.mean()) / width)[:, :2]
    wanted = (outputs - missing[:, :2] / width).abs().mean()
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-9)
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())
    assert all(p.grad.any() for p in model.parameters())


def test_every_wrong_argument_is_named():
    with pytest.raises(KnowError) as refusal:
        NinoMlp(1, 0, types=3, kind="norm")
    message = str(refusal.value)
    assert "wanted stages >= 2, got 1" in message
    assert "wanted horizons >= 1, got 0" in message
    assert "wanted types >= 4, got 3" in message
    assert "wanted a kind of fc, bias, conv, got 'norm'" in message
    assert "hidden" not in message
