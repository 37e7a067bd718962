import pytest
import torch

from know.landscape.ground import principal_plane
from know.landscape.points import Cloud, evaluate_points
from know.landscape.route import predicted_vector, tensors_in

NUMBERS = range(40)


@pytest.fixture
def make_cloud(route):
    def make(*, spread, level, run="tiny"):
        plane = principal_plane(route.vectors)
        return Cloud(run=run, route=route, plane=plane, spread=spread, level=level)

    return make


def test_without_noise_points_lie_on_the_route(make_cloud, route):
    cloud = make_cloud(spread=0, level=0)
    for point in map(cloud.point, NUMBERS):
        start_P, state = route.at(point.position)
        assert torch.equal(point.vector_P, start_P)
        assert torch.equal(predicted_vector(point.state, route.kinds), start_P)
        norm = "body.1.running_var"
        assert torch.equal(point.state[norm], state[norm])
    positions = [cloud.point(n).position for n in range(200)]
    assert min(positions) == pytest.approx(-1, abs=0.1)
    assert max(positions) == pytest.approx(3, abs=0.1)


def test_a_shift_stays_within_the_plane_and_its_limit(make_cloud, route):
    cloud = make_cloud(spread=0.5, level=0)
    placed_SA = cloud.plane.coordinates(route.vectors)
    limit = 0.5 * float((placed_SA.amax(0) - placed_SA.amin(0)).max())
    shifts = []
    for point in map(cloud.point, NUMBERS):
        step_P = point.vector_P - route.at(point.position)[0]
        assert cloud.plane.share_within(step_P) == pytest.approx(1, abs=1e-4)
        shifts.append(cloud.plane.axes_AP @ step_P.double())
    shifts_NA = torch.stack(shifts).abs()
    assert (shifts_NA <= limit * 1.001).all()
    assert (shifts_NA.amax(0) > 0.7 * limit).all()


def test_noise_has_the_same_share_of_every_tensors_norm(make_cloud, route):
    cloud = make_cloud(spread=0, level=0.2)
    point = max(map(cloud.point, NUMBERS), key=lambda point: point.level)
    assert 0.15 < point.level <= 0.2
    start_P, state = route.at(point.position)
    noise = tensors_in(point.vector_P - start_P, state, route.kinds)
    for name, start in tensors_in(start_P, state, route.kinds).items():
        if start.numel() >= 100:
            share = float(noise[name].norm() / start.norm())
            assert share == pytest.approx(point.level, rel=0.25)


def test_a_point_depends_on_its_number_and_its_run_alone(make_cloud):
    cloud, again = (make_cloud(spread=0.5, level=0.1) for _ in range(2))
    later = [cloud.point(number).vector_P for number in (7, 3)][1]
    assert torch.equal(later, again.point(3).vector_P)
    assert not torch.equal(later, cloud.point(4).vector_P)
    other = make_cloud(spread=0.5, level=0.1, run="another")
    assert not torch.equal(later, other.point(3).vector_P)


def test_points_are_evaluated_wherever_a_block_begins(make_cloud, ground):
    cloud = make_cloud(spread=0.5, level=0.1)
    whole = evaluate_points(cloud, ground, range(36))
    part = evaluate_points(cloud, ground, range(30, 36))
    assert set(whole) == {"coordinates", "accuracy", "position", "level"}
    # Sums over weights in float64, whose order may follow the number of points.
    for name, values in whole.items():
        assert values.dtype == torch.float64
        torch.testing.assert_close(values[30:], part[name], rtol=1e-9, atol=1e-9)
    point = cloud.point(31)
    assert float(whole["position"][31]) == point.position
    (placed_A,) = cloud.plane.coordinates(point.vector_P[None])
    torch.testing.assert_close(whole["coordinates"][31], placed_A)
    assert ground.accuracy(point.state) == float(whole["accuracy"][31])
