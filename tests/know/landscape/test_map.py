import pytest
import torch

from know.errors import KnowError
from know.landscape.map import Landmark, Map, read_map, read_points, write_map
from know.landscape.plane import principal_plane
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
