import pytest

from know.landscape.survey import survey
from know.landscape.vectors import predicted_vector


def copy(history, *, horizon, rate, kind):
    return history[-1].clone()


def reach(history, *, horizon, rate, kind):
    """One step of forgetting, mirrored."""
    return history[-1] + horizon * (history[-1] - history[-2])


@pytest.fixture
def surveyed(route, ground):
    return survey(route, {"copy": copy, "reach": reach}, ground, rate=0.5)


def test_every_stage_and_prediction_is_a_landmark(surveyed, route):
    drawn, _ = surveyed
    stages = [(None, number) for number in (-1, 0, 1, 2, 3)]
    named = [(landmark.method, landmark.stage) for landmark in drawn.landmarks]
    assert named == [*stages, ("copy", -1), ("reach", -1)]
    placed = drawn.plane.coordinates(route.vectors)
    for landmark, place in zip(drawn.landmarks[:5], placed, strict=True):
        assert landmark.coordinates == pytest.approx(tuple(place.tolist()))
    assert drawn.landmarks[5].coordinates == pytest.approx(
        drawn.landmarks[1].coordinates
    )


def test_landmarks_are_filled_with_the_accuracy_of_their_weights(
    surveyed, ground, route
):
    drawn, _ = surveyed
    assert [m.accuracy for m in drawn.landmarks[:5]] == [
        ground.accuracy(state) for state in route.states
    ]


def test_locations_say_how_far_the_truth_is(surveyed, route):
    _, locations = surveyed
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
    _, locations = surveyed
    for location in locations:
        is_whole = location.kind == "predicted"
        assert (location.accuracy is not None) == is_whole
    assert {x.kind for x in locations} == {"conv", "fc", "bias", "predicted"}


def test_further_truths_have_locations_of_their_own(route, ground):
    farther = type(route)(states=route.states, truths=2, kinds=route.kinds)
    drawn, locations = survey(farther, {"reach": reach}, ground, rate=0.5)
    assert {(x.method, x.horizon) for x in locations} == {
        (method, horizon)
        for method in ("truth", "naive", "reach")
        for horizon in (1, 2)
    }
    assert [(m.method, m.stage) for m in drawn.landmarks[5:]] == [
        ("reach", -1),
        ("reach", -2),
    ]
