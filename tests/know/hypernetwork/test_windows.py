import pytest
import torch

from know.hypernetwork.windows import sample, windows_of
from know.store import read
from know.store.trajectory import (
    StageRecord,
    TrajectoryAttributes,
    open_trajectory,
    write_trajectory,
)


def record():
    return StageRecord(
        samples=1,
        epochs=1,
        learning_rate=0.1,
        accuracy=None,
        test_accuracy=None,
        checkpoint="",
    )


@pytest.fixture
def trajectory(tmp_path):
    """Seven stages of two dense weights, 10 s and 10 s + 1 after stage s; no conv."""
    states = [{"fc.weight": torch.tensor([[10.0 * s, 10.0 * s + 1]])} for s in range(7)]
    attributes = TrajectoryAttributes(
        run="a",
        stages=[record() for _ in states],
        seed=0,
        code_version="",
        versions={},
    )
    path = tmp_path / "a.zarr.zip"
    write_trajectory(path, states, {"fc.weight": "fc"}, attributes)
    with open_trajectory(path) as opened:
        yield opened


def test_seven_stages_hold_two_windows_of_five(trajectory):
    (first, target_1), (second, target_0) = windows_of(trajectory, "fc", stages=5)
    assert first.tolist() == [[60, 50, 40, 30, 20], [61, 51, 41, 31, 21]]
    assert target_1.tolist() == [10, 11]
    assert second.tolist() == [[50, 40, 30, 20, 10], [51, 41, 31, 21, 11]]
    assert target_0.tolist() == [0, 1]


@pytest.mark.parametrize(("stages", "wanted"), [(2, 5), (6, 1), (7, 0), (9, 0)])
def test_a_window_needs_one_more_stage_as_its_target(trajectory, stages, wanted):
    assert len(list(windows_of(trajectory, "fc", stages=stages))) == wanted


def test_a_kind_that_does_not_occur_has_no_windows(trajectory):
    assert list(windows_of(trajectory, "conv", stages=5)) == []


def test_many_weights_come_in_pieces(trajectory, monkeypatch):
    monkeypatch.setattr(read, "_WINDOW", 1)
    found = list(windows_of(trajectory, "fc", stages=6))
    assert [history.tolist() for history, _ in found] == [
        [[60, 50, 40, 30, 20, 10]],
        [[61, 51, 41, 31, 21, 11]],
    ]
    assert [target.tolist() for _, target in found] == [[0], [1]]


class TestSample:
    history_NS = torch.arange(20.0).reshape(10, 2)
    target_N = torch.arange(10.0)

    def drawn(self, *, most, seed=0):
        generator = torch.Generator().manual_seed(seed)
        return sample(self.history_NS, self.target_N, most=most, generator=generator)

    @pytest.mark.parametrize("most", [10, 11])
    def test_few_weights_are_all_taken_in_order(self, most):
        history_NS, target_N = self.drawn(most=most)
        assert torch.equal(history_NS, self.history_NS)
        assert torch.equal(target_N, self.target_N)

    def test_of_many_so_many_are_drawn_each_once(self):
        _, target_N = self.drawn(most=4)
        assert len(set(target_N.tolist())) == 4

    def test_histories_stay_with_their_targets(self):
        history_NS, target_N = self.drawn(most=4)
        assert torch.equal(history_NS[:, 0], 2 * target_N)

    def test_the_draw_is_the_generators(self):
        assert torch.equal(self.drawn(most=4)[1], self.drawn(most=4)[1])
        assert not torch.equal(self.drawn(most=4)[1], self.drawn(most=4, seed=1)[1])
