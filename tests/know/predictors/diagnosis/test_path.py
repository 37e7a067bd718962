import math
from dataclasses import astuple

import pytest

from know.predictors.diagnosis.path import path_shapes
from know.store import read
from know.store.describe import ALL_PREDICTED
from know.store.read import open_trajectory


def shapes(path):
    with open_trajectory(path) as trajectory:
        return {shape.kind: shape for shape in path_shapes(trajectory)}


def test_a_straight_line_turns_nowhere_and_has_rank_one(store, states):
    found = shapes(store(states("line")))
    assert list(found) == ["conv", "fc", "bias", ALL_PREDICTED]
    for shape in found.values():
        assert shape.angles == pytest.approx((0, 0, 0), abs=1e-5)
        assert shape.curvature == pytest.approx(0, abs=1e-6)
        assert shape.straightness == pytest.approx(1)
        assert shape.effective_rank == pytest.approx(1, abs=1e-6)


def test_steps_that_know_nothing_of_each_other_are_at_right_angles(store, states):
    shape = shapes(store(states("walk")))[ALL_PREDICTED]
    assert shape.angles == pytest.approx((90, 90, 90), abs=10)
    assert shape.effective_rank == pytest.approx(4, abs=0.05)
    assert shape.straightness == pytest.approx(0.5, abs=0.05)
    assert abs(shape.share_along) < 0.01


def test_a_turn_by_hand(points):
    # Theta_0 is 4 long; a step across it, then one back along it, both 3 long.
    shape = shapes(points((4, 0), (4, 3), (1, 3)))["fc"]
    assert shape.norm == 4
    assert shape.step_lengths == (3, 3)
    assert shape.angles == pytest.approx((90,))
    assert shape.curvature == pytest.approx(math.pi / 2 / 3 * 4)
    assert shape.straightness == pytest.approx(math.sqrt(18) / 6)
    assert shape.effective_rank == pytest.approx(2)
    assert shape.cosines_to_start == (0, -1)
    assert (shape.share_along, shape.share_across) == (0.5, 0.5)


def test_effective_rank_weighs_the_directions_by_their_energy(points):
    # Squared singular values 9 and 1: exp of the entropy of 0.9 and 0.1.
    entropy = -0.9 * math.log(0.9) - 0.1 * math.log(0.1)
    shape = shapes(points((0, 0), (3, 0), (3, 1)))["fc"]
    assert shape.effective_rank == pytest.approx(math.exp(entropy))


def test_a_step_of_no_length_has_no_angle(points):
    shape = shapes(points((1, 0), (2, 0), (2, 0), (3, 0), (4, 0)))["fc"]
    assert shape.angles == (None, None, 0)
    assert shape.cosines_to_start == (1, None, 1, 1)
    assert (shape.straightness, shape.share_along) == (1, 1)
    assert shape.curvature == 0


def test_weights_that_stand_still_have_no_shape(points):
    shape = shapes(points((1, 2), (1, 2), (1, 2)))["fc"]
    assert shape.step_lengths == (0, 0)
    assert shape.angles == (None,)
    assert shape.cosines_to_start == (None, None)
    assert astuple(shape)[4:7] == (None, None, None)
    assert (shape.share_along, shape.share_across) == (None, None)


def test_a_theta_0_of_zeros_has_no_direction(points):
    shape = shapes(points((0, 0), (1, 0), (1, 1)))["fc"]
    assert shape.cosines_to_start == (None, None)
    assert (shape.share_along, shape.share_across) == (None, None)
    assert shape.angles == pytest.approx((90,))


def test_short_steps_far_from_the_origin_keep_their_angle(points):
    near = 2.0**-9
    shape = shapes(points((8192, 0), (8192, near), (8192 + near, near)))["fc"]
    assert shape.angles == (90,)
    assert shape.step_lengths == (near, near)


def test_the_size_of_a_window_changes_nothing(store, states, monkeypatch):
    path = store(states("walk"))
    whole = shapes(path)
    monkeypatch.setattr(read, "_WINDOW", 7)
    # The products of these weights are exact, whatever the order of their sum.
    assert shapes(path) == whole
