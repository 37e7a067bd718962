import pytest
import torch

from know.hypernetwork.models.known import Known
from know.hypernetwork.models.wnn import Wnn, scale
from know.hypernetwork.tensor_facts import facts_of_windows
from know.hypernetwork.windows import WindowBatch


@pytest.fixture
def history():
    """Values of 20 weights at 5 stages."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(20, 5, dtype=torch.float64, generator=generator)


@pytest.fixture
def model():
    return Wnn(5, generator=torch.Generator().manual_seed(3)).double()


def test_the_oldest_value_is_0_and_the_farthest_nearly_one_half():
    history = torch.tensor([[0.6, 0.7, 0.8, 0.9, 1.0]], dtype=torch.float64)
    scaled, width, offset = scale(history)
    wanted = [
        0.0,
        0.12499687195327934,
        0.24999374390655882,
        0.3749906158598381,
        0.49998748781311747,
    ]
    assert scaled[0].tolist() == pytest.approx(wanted, abs=1e-12)
    assert width.item() == pytest.approx(2 * (0.4 + 1e-8 + 1e-5), abs=1e-14)
    assert offset.item() == 0.6


def test_a_weight_at_rest_is_scaled_to_0():
    scaled, width, offset = scale(torch.full((1, 5), 0.3).double())
    assert scaled.tolist() == [[0] * 5]
    assert width.item() == pytest.approx(2.002e-5, abs=1e-18)
    assert offset.item() == pytest.approx(0.3)


def test_the_layers_are_known_s():
    wnn, known = (
        network(5, generator=torch.Generator().manual_seed(1))
        for network in (Wnn, Known)
    )
    for name, value in known.state_dict().items():
        assert torch.equal(wnn.state_dict()[name], value)


def test_what_is_added_is_in_the_weights_own_units(model, history):
    facts = facts_of_windows([history.T], [len(history)], rate=0.5)
    found = model.ahead(history, facts)
    scaled, width, offset = scale(history)
    residual = model.residual(scaled)
    wanted = (scaled[:, -1] + residual) * width + offset - history[:, -1]
    torch.testing.assert_close(found[:, 0], wanted)
    torch.testing.assert_close(found[:, 0], residual * width)


def batch_of(history, target):
    return WindowBatch(
        history_BS=history,
        target_BH=target[:, None],
        facts=facts_of_windows([history.T], [len(history)], rate=0.5),
        step_WH=torch.ones(1, 1),
    )


def test_the_loss_is_in_scaled_units(model, history):
    target = history[:, -1] + 0.1
    found = model.loss(batch_of(history, target))
    scaled, width, _ = scale(history)
    missed = (model(scaled) - 0.1 / width).abs().mean()
    torch.testing.assert_close(found, missed + model.regularisation())
