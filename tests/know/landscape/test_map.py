import math

import pytest
import torch

from know.errors import KnowError
from know.landscape.map import (
    Landmark,
    Map,
    principal_plane,
    read_map,
    read_points,
    write_map,
)
from know.weights.checkpoint import save_checkpoint


@pytest.fixture
def drawn(route):
    landmarks = [
        Landmark(method=None, stage=-1, coordinates=(-1.5, 0.25), accuracy=80.0),
        Landmark(method="tsv", stage=-1, coordinates=(0.5, 1 / 3), accuracy=75.0),
    ]
    return Map(run="tiny", plane=principal_plane(route.vectors), landmarks=landmarks)


def test_a_map_comes_back(drawn, tmp_path):
    path = tmp_path / "map.safetensors"
    write_map(path, drawn)
    found, checksum = read_map(path)
    assert (found.run, found.landmarks) == (drawn.run, drawn.landmarks)
    assert found.plane.explained == drawn.plane.explained
    assert torch.equal(found.plane.axes_AP, drawn.plane.axes_AP)
    assert torch.equal(found.plane.mean_P, drawn.plane.mean_P)
    assert len(checksum) == 64


def test_another_checksummed_file_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_checkpoint(path, {"weight": torch.zeros(2)}, {})
    with pytest.raises(KnowError, match="is no map of a landscape: 'landmarks'"):
        read_map(path)


def test_blocks_of_points_are_joined_in_order(tmp_path):
    paths = []
    for first in (0, 2):
        values = torch.tensor([first, first + 1], dtype=torch.float64)
        paths.append(tmp_path / f"points-{first}.safetensors")
        points = {"accuracy": values, "coordinates": torch.stack([values] * 2, 1)}
        save_checkpoint(paths[-1], points, {})
    found = read_points(paths)
    assert found["accuracy"].tolist() == [0, 1, 2, 3]
    assert found["coordinates"].shape == (4, 2)


# Four points of a rectangle, 4 wide and 2 high, somewhere in three dimensions.
CORNERS_WP = torch.tensor(
    [[2.0, 1.0, 7.0], [2.0, -1.0, 7.0], [-2.0, 1.0, 7.0], [-2.0, -1.0, 7.0]]
)


def test_the_first_axis_is_the_longest_side():
    plane = principal_plane(CORNERS_WP)
    assert plane.mean_P.tolist() == [0, 0, 7]
    expected = torch.tensor([[-1, 0, 0], [0, 1, 0]], dtype=torch.float64)
    torch.testing.assert_close(plane.axes_AP.abs(), expected.abs())
    assert plane.explained == pytest.approx((0.8, 0.2))


def test_it_agrees_with_a_singular_value_decomposition():
    vectors_WP = torch.randn(6, 50, generator=torch.Generator().manual_seed(0)).double()
    plane = principal_plane(vectors_WP)
    centred_WP = vectors_WP - vectors_WP.mean(0)
    _, values_W, axes_WP = torch.linalg.svd(centred_WP, full_matrices=False)
    products_AA = plane.axes_AP @ axes_WP[:2].T
    torch.testing.assert_close(products_AA.abs(), torch.eye(2).double())
    shares = values_W.square() / values_W.square().sum()
    assert plane.explained == pytest.approx(tuple(shares[:2].tolist()))


def test_the_first_vector_lies_left_and_the_farthest_up():
    vectors_WP = torch.randn(6, 50, generator=torch.Generator().manual_seed(1))
    placed_WA = principal_plane(vectors_WP).coordinates(vectors_WP)
    mirrored_WA = principal_plane(-vectors_WP).coordinates(-vectors_WP)
    assert placed_WA[0, 0] < 0
    assert placed_WA[placed_WA[:, 1].abs().argmax(), 1] > 0
    torch.testing.assert_close(mirrored_WA, placed_WA)


def test_distances_within_the_plane_are_those_of_the_weights():
    placed_WA = principal_plane(CORNERS_WP).coordinates(CORNERS_WP)
    torch.testing.assert_close(
        torch.cdist(placed_WA, placed_WA), torch.cdist(CORNERS_WP, CORNERS_WP).double()
    )


@pytest.mark.parametrize(
    ("step", "share"), [([1.0, 1, 0], 1), ([0, 0, 2.0], 0), ([3.0, 0, 4.0], 9 / 25)]
)
def test_a_step_is_partly_within_the_plane(step, share):
    plane = principal_plane(CORNERS_WP)
    assert plane.share_within(torch.tensor(step)) == pytest.approx(share)


def test_no_step_has_no_share():
    assert principal_plane(CORNERS_WP).share_within(torch.zeros(3)) is None


@pytest.mark.parametrize(
    "vectors",
    [[[0.0, 1.0], [1.0, 0.0]], [[0.0, 0], [1.0, 1], [2.0, 2]], [[math.pi] * 2] * 4],
)
def test_vectors_on_a_line_are_refused(vectors):
    with pytest.raises(KnowError, match="wants three weight vectors that are not on"):
        principal_plane(torch.tensor(vectors))
