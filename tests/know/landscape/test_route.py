import pytest
import torch

from know.errors import KnowError
from know.landscape.route import read_route
from know.store.write import write_trajectory
from know.weights.checkpoint import save_checkpoint


@pytest.fixture
def store(tmp_path, states, kinds, make_attributes):
    path = tmp_path / "tiny.zarr.zip"
    attributes = make_attributes("tiny", stages=len(states))
    write_trajectory(path, states, kinds, attributes)
    return path


@pytest.fixture
def truth(tmp_path, states):
    path = tmp_path / "truth.safetensors"
    save_checkpoint(path, states[3], {})
    return path


def same(found, wanted):
    return found.keys() == wanted.keys() and all(
        torch.equal(found[name], wanted[name]) for name in wanted
    )


def test_the_first_stages_can_be_the_truth(store, states):
    route = read_route(store, [], stages=3, withheld=2)
    assert list(route.numbers) == [-2, -1, 0, 1, 2]
    assert same(route.stage(-2), states[0])
    assert same(route.stage(0), states[2])
    assert [same(a, b) for a, b in zip(route.history, states[2:], strict=True)] == [
        True,
        True,
        True,
    ]


def test_networks_of_their_own_can_be_the_truth(store, truth, states):
    route = read_route(store, [truth, str(truth)], stages=2, withheld=0)
    assert list(route.numbers) == [-2, -1, 0, 1]
    assert same(route.stage(-1), states[3])
    assert same(route.stage(0), states[0])


def test_too_few_stages_are_refused(store):
    with pytest.raises(KnowError, match="has 5 stages, wanted 2 to withhold and 4 to"):
        read_route(store, [], stages=4, withheld=2)


def test_a_truth_of_another_network_is_refused(store, tmp_path):
    other = tmp_path / "other.safetensors"
    save_checkpoint(other, {"weight": torch.zeros(2)}, {})
    with pytest.raises(KnowError, match="has other tensors than the trajectory in"):
        read_route(store, [other], stages=3, withheld=0)


def test_at_a_stage_the_route_is_that_stage(route):
    for number in route.numbers:
        vector_P, state = route.at(number)
        assert torch.equal(vector_P, route.vectors[route.numbers.index(number)])
        assert same(state, route.stage(number))


def test_between_stages_it_is_straight_with_the_norm_layers_of_the_closer_one(
    route,
):
    vector_P, state = route.at(0.75)
    expected_P = 0.25 * route.vectors[1] + 0.75 * route.vectors[2]
    torch.testing.assert_close(vector_P, expected_P)
    assert same(state, route.stage(1))
