import pytest
import torch

from know.hypernetwork.tensor_facts import facts_of_windows

RATE = 0.6


@pytest.fixture
def history():
    """Three stages of a 2 x 2 tensor, its steps (1, 0, 0, 1) and (0, 3, 0, 4)."""
    stages = [[1, 1, 1, 1], [2, 1, 1, 2], [2, 4, 1, 6]]
    return torch.tensor(stages).double().reshape(3, 2, 2)


def test_products_and_means_are_over_all_weights(history):
    facts = facts_of_windows([history], history.shape[1:], rate=RATE)
    wanted = [[4, 6, 13], [6, 10, 21], [13, 21, 57]]
    assert (4 * facts.gram_WSS[0]).tolist() == wanted
    assert facts.mean_WS.tolist() == [[1, 1.5, 3.25]]
    assert facts.size_W.tolist() == [4]
    assert facts.rate_W.tolist() == [pytest.approx(RATE)]


def test_products_of_steps_by_hand(history):
    facts = facts_of_windows([history], history.shape[1:], rate=RATE)
    assert (4 * facts.products_of_steps[0]).tolist() == [[2, 4], [4, 25]]


def test_scales_by_hand(history):
    facts = facts_of_windows([history], history.shape[1:], rate=RATE)
    # Mean squares of the steps: 2 / 4 and 25 / 4.
    assert facts.step_scale.item() == pytest.approx((27 / 8) ** 0.5)
    assert facts.weight_scale.item() == pytest.approx((57 / 4) ** 0.5)


@pytest.mark.parametrize(
    ("shape", "fan_in"), [((6, 2, 3, 3), 18), ((6, 4), 4), ((6,), 1), ((0, 4), 1)]
)
def test_inputs_of_an_output_are_told_by_the_shape(shape, fan_in):
    facts = facts_of_windows([torch.zeros(5, *shape)], shape, rate=RATE)
    assert facts.fan_in_W.tolist() == [fan_in]


@pytest.mark.parametrize("shape", [(4, 3), (7,), (2, 3, 2, 2)])
def test_the_facts_are_those_that_are_drawn(make_windows, make_facts, shape):
    generator = torch.Generator().manual_seed(0)
    newest_last = torch.randn(6, *shape, generator=generator)
    windows = make_windows(
        newest_last.flip(0), stages=5, trials=[make_facts(rate=RATE)]
    )
    history, drawn = newest_last[:5], windows.facts
    found = facts_of_windows([history], history.shape[1:], rate=RATE)
    for name, value in vars(found).items():
        torch.testing.assert_close(getattr(drawn, name), value, rtol=1e-12, atol=1e-12)


def test_a_large_tensor_is_taken_in_blocks():
    size = 2**20 + 3
    history = torch.ones(2, size)
    history[1, -3:] = 3
    facts = facts_of_windows([history], history.shape[1:], rate=RATE)
    wanted = [[size, size + 6], [size + 6, size + 24]]
    torch.testing.assert_close(
        size * facts.gram_WSS[0], torch.tensor(wanted).double(), rtol=1e-12, atol=0
    )
