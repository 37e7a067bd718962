from dataclasses import replace

import pytest
import torch

from know.hypernetwork.windows import windows_of

# The weights of these trajectories say where they are from: 100 tensor + 10 stage +
# coordinate, which float32 holds exactly.


def labelled(tensor, size, *, stages=7):
    stage_T1 = torch.arange(stages)[:, None]
    return 100.0 * tensor + 10.0 * stage_T1 + torch.arange(size)


def everything(windows, *, weights=1):
    generator = torch.Generator().manual_seed(0)
    chosen_W = torch.arange(len(windows))
    return windows.draw(chosen_W, weights=weights, generator=generator)


def test_seven_stages_hold_two_windows_of_five(make_windows):
    batch = everything(make_windows(labelled(0, 1)))
    assert batch.history_BS.tolist() == [[50, 40, 30, 20, 10], [60, 50, 40, 30, 20]]


def test_targets_are_the_next_stages_and_nan_where_there_is_none(make_windows):
    batch = everything(make_windows(labelled(0, 1)))
    nan = float("nan")
    wanted = torch.tensor([[0.0, nan, nan], [10, 0, nan]])
    torch.testing.assert_close(batch.target_BH, wanted, equal_nan=True)


@pytest.mark.parametrize(
    ("stages", "count"), [(2, 5), (3, 4), (4, 3), (6, 1), (7, 0), (9, 0)]
)
def test_a_window_needs_a_stage_after_it(make_windows, stages, count):
    assert len(make_windows(labelled(0, 2), stages=stages)) == count


def test_a_weight_keeps_its_coordinate_and_its_tensor(make_windows):
    windows = make_windows(labelled(0, 3), labelled(1, 8), stages=3, horizons=2)
    batch = everything(windows, weights=20)
    assert batch.per_window == 20
    tensor_B = torch.tensor([0, 1]).repeat_interleave(4 * 20)
    newest_B = torch.tensor([1, 2, 3, 4]).repeat(2).repeat_interleave(20)
    coordinate_B = batch.history_BS[:, -1] - 100 * tensor_B - 10 * newest_B
    assert set(coordinate_B[:80].tolist()) == {0, 1, 2}
    assert set(coordinate_B[80:].tolist()) == set(range(8))
    for back in range(3):
        wanted_B = batch.history_BS[:, -1] + 10 * back
        assert torch.equal(batch.history_BS[:, -1 - back], wanted_B)
    assert torch.equal(batch.target_BH[:, 0], batch.history_BS[:, -1] - 10)
    is_there_B = newest_B >= 2
    wanted_B = batch.history_BS[is_there_B, -1] - 20
    assert torch.equal(batch.target_BH[is_there_B, 1], wanted_B)
    assert batch.target_BH[~is_there_B, 1].isnan().all()


def test_a_small_tensor_is_drawn_from_as_often_as_a_large_one(make_windows):
    batch = everything(make_windows(labelled(0, 3), labelled(1, 3000)), weights=90)
    owners = batch.history_BS[:, -1].tolist()
    # Two windows of each tensor, one after the other; the small one's are below 30.
    assert sum(value < 30 for value in owners) == 2 * 90
    assert len(owners) == 4 * 90


def test_windows_come_in_the_order_asked_for(make_windows):
    windows = make_windows(labelled(0, 1), labelled(1, 1), stages=5)
    generator = torch.Generator().manual_seed(0)
    chosen_W = torch.tensor([3, 0, 2])
    batch = windows.draw(chosen_W, weights=1, generator=generator)
    assert batch.history_BS[:, -1].tolist() == [120, 10, 110]
    torch.testing.assert_close(
        batch.step_WH, windows.step_WH[chosen_W], rtol=0, atol=0, equal_nan=True
    )
    assert torch.equal(batch.facts.mean_WS, windows.facts.mean_WS[chosen_W])


@pytest.fixture
def random_tensors():
    """A 4 x 3 and a 2 x 2 x 2 tensor over six stages."""
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(6, *shape, generator=generator, dtype=torch.float64)
        for shape in ((4, 3), (2, 2, 2))
    ]


def test_steps_are_root_mean_squares_over_all_weights(make_windows, random_tensors):
    windows = make_windows(*random_tensors, stages=4, horizons=2)
    assert windows.newest_W.tolist() == [1, 2, 1, 2]
    for window, (tensor, newest) in enumerate(((0, 1), (0, 2), (1, 1), (1, 2))):
        values = random_tensors[tensor]
        for horizon in (1, 2):
            found = windows.step_WH[window, horizon - 1].item()
            if newest < horizon:
                assert found != found
                continue
            moved = values[newest - horizon] - values[newest]
            wanted = moved.square().mean().sqrt().item()
            assert found == pytest.approx(wanted, rel=1e-6)


def test_facts_are_those_of_the_windows_stages(
    make_windows, make_facts, random_tensors
):
    trials = [make_facts(0, rate=0.4), make_facts(1, rate=0.7)]
    windows = make_windows(*random_tensors, stages=4, trials=trials)
    values_SN = random_tensors[1][[5, 4, 3, 2]].flatten(1)
    facts = windows.facts.chosen(torch.tensor([3]))
    torch.testing.assert_close(facts.gram_WSS[0], values_SN @ values_SN.T / 8)
    torch.testing.assert_close(facts.mean_WS[0], values_SN.mean(1))
    assert facts.size_W.tolist() == [8]
    assert facts.fan_in_W.tolist() == [4]
    assert facts.rate_W.tolist() == [pytest.approx(0.7)]
    assert windows.trial_W.tolist() == [0, 0, 1, 1]


def test_facts_count_weights_that_were_not_drawn(make_drawn, random_tensors):
    whole = make_drawn(random_tensors[0])
    part = replace(whole, weights_NT=whole.weights_NT[:2], counts_K=torch.tensor([2]))
    found, wanted = (windows_of(drawn, stages=4, horizons=1) for drawn in (part, whole))
    assert torch.equal(found.facts.gram_WSS, wanted.facts.gram_WSS)
    assert torch.equal(found.step_WH, wanted.step_WH)
    drawn = set(everything(found, weights=30).history_BS[:30, -1].tolist())
    assert drawn == set(whole.weights_NT[:2, 1].tolist())
