import pytest
import torch

from know.landscape.ground import Plane, principal_plane
from know.landscape.route import predicted_vector
from know.landscape.survey import survey
from know.weights.checkpoint import save_checkpoint


def copy(history, *, horizon, rate, kind):
    return history[-1].clone()


def reach(history, *, horizon, rate, kind):
    """One step of forgetting, mirrored."""
    return history[-1] + horizon * (history[-1] - history[-2])


@pytest.fixture
def surveyed(route, ground):
    return survey(route, {"copy": copy, "reach": reach}, ground, rate=0.5)


def test_every_stage_and_prediction_is_a_landmark(surveyed, route, tmp_path):
    tensors, facts, _ = surveyed
    stages = [(None, number) for number in (-1, 0, 1, 2, 3)]
    named = [(mark["method"], mark["stage"]) for mark in facts["landmarks"]]
    assert named == [*stages, ("copy", -1), ("reach", -1)]
    save_checkpoint(tmp_path / "map.safetensors", tensors, facts)
    plane = Plane.read(tmp_path / "map.safetensors")
    assert plane.explained == principal_plane(route.vectors).explained
    placed = tensors["landmark_coordinates"]
    torch.testing.assert_close(placed[:5], plane.coordinates(route.vectors))
    torch.testing.assert_close(placed[5], placed[1])


def test_landmarks_are_filled_with_the_accuracy_of_their_weights(
    surveyed, ground, route
):
    tensors, _, _ = surveyed
    assert tensors["landmark_accuracy"][:5].tolist() == [
        ground.accuracy(state) for state in route.states
    ]


def test_locations_say_how_far_the_truth_is(surveyed, route):
    _, _, locations = surveyed
    whole = {x.method: x for x in locations if x.kind == "predicted"}
    assert list(whole) == ["truth", "naive", "copy", "reach"]
    assert (whole["naive"].distance, whole["truth"].distance) == (1, 0)
    assert whole["copy"].distance == pytest.approx(1)
    base_P, truth_P = (predicted_vector(route.stage(s), route.kinds) for s in (0, -1))
    first_P = predicted_vector(route.stage(1), route.kinds)
    step_P = base_P - first_P
    expected = (base_P + step_P - truth_P).norm() / (base_P - truth_P).norm()
    assert whole["reach"].distance == pytest.approx(float(expected), rel=1e-4)
    assert 0 < whole["reach"].shown <= 1
    assert whole["naive"].shown is None
    assert {(x.run, x.seed, x.horizon) for x in locations} == {("tiny", 3, 1)}


def test_only_all_kinds_together_have_an_accuracy(surveyed):
    _, _, locations = surveyed
    for location in locations:
        is_whole = location.kind == "predicted"
        assert (location.accuracy is not None) == is_whole
    assert {x.kind for x in locations} == {"conv", "fc", "bias", "predicted"}


def test_further_truths_have_locations_of_their_own(route, ground):
    farther = type(route)(states=route.states, truths=2, kinds=route.kinds)
    _, facts, locations = survey(farther, {"reach": reach}, ground, rate=0.5)
    assert {(x.method, x.horizon) for x in locations} == {
        (method, horizon)
        for method in ("truth", "naive", "reach")
        for horizon in (1, 2)
    }
    assert facts["landmarks"][5:] == [
        {"method": "reach", "stage": -1},
        {"method": "reach", "stage": -2},
    ]
