import subprocess
import sys
import zipfile

import numpy as np
import pytest

from know.errors import KnowError
from know.landscape.map import Landmark, Map, principal_plane
from know.landscape.store import read_landscape, write_landscape
from know.store.archive import pack


@pytest.fixture
def drawn(route):
    landmarks = [
        Landmark(method=None, stage=-1, coordinates=(-1.5, 0.25), accuracy=80.0),
        Landmark(method="tsv", stage=-1, coordinates=(0.5, 1.0), accuracy=75.0),
    ]
    return Map(run="tiny", plane=principal_plane(route.vectors), landmarks=landmarks)


@pytest.fixture
def points():
    return {
        "coordinates": np.arange(6, dtype=np.float64).reshape(3, 2),
        "accuracy": np.array([10.0, 20.0, 30.0]),
        "position": np.array([-1.0, 0.5, 2.0]),
        "level": np.array([0.0, 0.05, 0.1]),
    }


@pytest.fixture
def store(tmp_path, drawn, points):
    path = tmp_path / "tiny.zarr.zip"
    write_landscape(path, drawn, points, {"code_version": "c0de"})
    return path


def test_everything_comes_back(store, drawn, points):
    arrays, attributes = read_landscape(store)
    for name, values in points.items():
        assert np.array_equal(arrays[f"point_{name}"], values)
    assert arrays["landmark_coordinates"].tolist() == [[-1.5, 0.25], [0.5, 1.0]]
    assert arrays["landmark_accuracy"].tolist() == [80.0, 75.0]
    assert np.array_equal(arrays["axes"], drawn.plane.axes_AP.numpy())
    assert np.array_equal(arrays["mean"], drawn.plane.mean_P.numpy())
    assert attributes["run"] == "tiny"
    assert attributes["explained"] == list(drawn.plane.explained)
    assert attributes["landmarks"] == [
        {"method": None, "stage": -1},
        {"method": "tsv", "stage": -1},
    ]
    assert attributes["code_version"] == "c0de"


def test_xarray_opens_it_without_our_code(store):
    script = """
import sys
import xarray
from zarr.storage import ZipStore
data = xarray.open_zarr(ZipStore(sys.argv[1], mode="r"), consolidated=False)
assert dict(data.sizes) | {"coordinate": 0} == {
    "axis": 2, "coordinate": 0, "landmark": 2, "point": 3
}, data.sizes
assert data["point_accuracy"].dims == ("point",)
assert data["point_coordinates"].dims == ("point", "axis")
assert float(data["point_accuracy"].mean()) == 20
assert "know" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script, store], check=True)


def test_a_lost_chunk_is_noticed(store, tmp_path):
    folder = tmp_path / "folder"
    with zipfile.ZipFile(store) as archive:
        archive.extractall(folder)
    (folder / "point_accuracy" / "c" / "0").unlink()
    pack(folder, store)
    with pytest.raises(KnowError, match=r"lacks values of:\n  - point_accuracy$"):
        read_landscape(store)


def test_another_store_is_refused(store, tmp_path):
    folder = tmp_path / "folder"
    with zipfile.ZipFile(store) as archive:
        archive.extractall(folder)
    facts = folder / "zarr.json"
    facts.write_text(facts.read_text().replace('"landscape"', '"seascape"'))
    pack(folder, store)
    with pytest.raises(KnowError, match="wanted a landscape of format 1, found"):
        read_landscape(store)
