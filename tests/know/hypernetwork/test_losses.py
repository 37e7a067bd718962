import pytest
import torch

from know.hypernetwork.tensor_facts import facts_of_windows
from know.hypernetwork.windows import WindowBatch, relative_loss

NAN = float("nan")


def batch_of(target, step, *, history=None):
    """Two weights from each of two windows, at two horizons."""
    target_BH = torch.tensor(target)
    return WindowBatch(
        history_BS=torch.ones(4, 3) if history is None else torch.tensor(history),
        target_BH=target_BH,
        # The loss asks no facts.
        facts=facts_of_windows([torch.ones(3, 2)], [2], rate=0.5),
        step_WH=torch.tensor(step),
    )


def loss_of(batch, residual):
    residual_BH = torch.tensor(residual, requires_grad=True)
    loss = relative_loss(residual_BH, batch)
    loss.backward()
    return loss.item(), residual_BH.grad


def test_the_squared_error_of_each_window_and_horizon_is_relative_to_its_step():
    target = [[2.0, 4.0], [1.0, 1.0], [7.0, NAN], [1.0, NAN]]
    batch = batch_of(target, [[0.5, 3.0], [2.0, NAN]])
    found, _ = loss_of(batch, [[0.0, 3.0], [0.0, 4.0], [4.0, 9.0], [1.0, 9.0]])
    # Missed: (-1, 0), (0, 4), (-2, 1); their mean squares 1/2, 8, 5/2.
    assert found == pytest.approx((0.5 / 0.25 + 8 / 9 + 2.5 / 4) / 3)


def test_targets_that_are_not_there_pull_at_nothing():
    target = [[2.0, NAN], [1.0, NAN], [7.0, NAN], [1.0, NAN]]
    batch = batch_of(target, [[0.5, NAN], [2.0, NAN]])
    _, slope = loss_of(batch, [[0.0, 5.0]] * 4)
    assert torch.isfinite(slope).all()
    assert slope[:, 1].tolist() == [0] * 4
    assert slope[0, 0] < 0
