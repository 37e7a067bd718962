import pytest
import torch

from know.landscape.survey import offsets

KINDS = {"a": "conv", "b": "fc", "n": "norm"}


def state(a, b, n=0.0):
    return {"a": torch.tensor(a), "b": torch.tensor(b), "n": torch.tensor([n])}


BASE, TRUTH = state([0.0, 0.0], [1.0]), state([3.0, 4.0], [1.0])


def found(weights, truth=TRUTH):
    given = offsets(weights, base=BASE, truth=truth, kinds=KINDS)
    return {offset.kind: offset for offset in given}


def test_worked_by_hand():
    by_kind = found(state([3.0, 0.0], [1.0]))
    assert by_kind["conv"].distance == pytest.approx(4 / 5)
    assert by_kind["conv"].step == pytest.approx(3 / 5)
    assert by_kind["conv"].cosine == pytest.approx(3 / 5)


def test_kinds_that_do_not_move_are_left_out():
    assert list(found(state([3.0, 0.0], [1.0]))) == ["conv", "predicted"]


def test_all_predicted_kinds_are_taken_together_without_norm_layers():
    by_kind = found(state([3.0, 4.0], [3.0], n=9.0))
    assert by_kind["conv"].distance == 0
    assert by_kind["predicted"].distance == pytest.approx(2 / 5)


def test_copying_is_at_distance_one_and_has_no_direction():
    offset = found(BASE)["predicted"]
    assert (offset.distance, offset.step, offset.cosine) == (1, 0, None)


def test_the_truth_is_at_distance_zero():
    offset = found(TRUTH)["predicted"]
    assert (offset.distance, offset.step) == (0, 1)
    assert offset.cosine == pytest.approx(1)
