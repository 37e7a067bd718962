import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch

from know.errors import KnowError
from know.landscape.store import read_landscape, write_landscape
from know.store.archive import pack
from know.weights.checkpoint import save_checkpoint

LANDMARKS = [{"method": None, "stage": -1}, {"method": "tsv", "stage": -1}]


@pytest.fixture
def drawn():
    """Tensors of a map of two landmarks."""
    generator = torch.Generator().manual_seed(0)
    return {
        "mean": torch.randn(7, generator=generator).double(),
        "axes": torch.randn(2, 7, generator=generator).double(),
        "landmark_coordinates": torch.tensor([[-1.5, 0.25], [0.5, 1.0]]).double(),
        "landmark_accuracy": torch.tensor([80.0, 75.0]).double(),
    }


@pytest.fixture
def points():
    return {
        "coordinates": torch.arange(6).double().reshape(3, 2),
        "accuracy": torch.tensor([10.0, 20.0, 30.0]).double(),
        "position": torch.tensor([-1.0, 0.5, 2.0]).double(),
        "level": torch.tensor([0.0, 0.05, 0.1]).double(),
    }


@pytest.fixture
def store(tmp_path, drawn, points):
    facts = {"run": "tiny", "explained": [0.7, 0.2], "landmarks": LANDMARKS}
    checksum = save_checkpoint(tmp_path / "map.safetensors", drawn, facts)
    blocks = [tmp_path / f"points-{block}.safetensors" for block in range(2)]
    for path, rows in zip(blocks, (slice(2), slice(2, 3)), strict=True):
        block = {name: values[rows] for name, values in points.items()}
        save_checkpoint(path, block, {"map": checksum})
    path = tmp_path / "tiny.zarr.zip"
    own = {"code_version": "c0de"}
    assert write_landscape(path, tmp_path / "map.safetensors", blocks, own) == 3
    return path


def test_everything_comes_back_with_blocks_in_order(store, drawn, points):
    arrays, attributes = read_landscape(store)
    expected = drawn | {f"point_{name}": values for name, values in points.items()}
    assert arrays.keys() == expected.keys()
    for name, values in expected.items():
        assert np.array_equal(arrays[name], values.numpy())
    assert attributes["run"] == "tiny"
    assert attributes["explained"] == [0.7, 0.2]
    assert attributes["landmarks"] == LANDMARKS
    assert attributes["code_version"] == "c0de"
    assert len(attributes["map"]) == 64


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


def test_points_of_another_map_are_refused(store, drawn, tmp_path):
    block = tmp_path / "points-0.safetensors"
    save_checkpoint(tmp_path / "map.safetensors", drawn, {"run": "other"})
    with pytest.raises(KnowError, match=r"points-0\.safetensors: wanted map"):
        write_landscape(store, tmp_path / "map.safetensors", [block], {})


def claim_more(folder):
    facts = folder / "point_accuracy" / "zarr.json"
    claimed = json.loads(facts.read_text()) | {"shape": [10**12]}
    facts.write_text(json.dumps(claimed))


def lose_a_chunk(folder):
    (folder / "point_accuracy" / "c" / "0").unlink()


def be_of_another_kind(folder):
    facts = folder / "zarr.json"
    facts.write_text(facts.read_text().replace('"landscape"', '"seascape"'))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (claim_more, "point_accuracy: float64 of shape .* is more"),
        (lose_a_chunk, r"lacks values of:\n  - point_accuracy$"),
        (be_of_another_kind, "wanted a landscape of format 1, found"),
    ],
)
def test_what_is_not_whole_is_refused(store, tmp_path, change, message):
    with zipfile.ZipFile(store) as archive:
        archive.extractall(tmp_path / "folder")
    change(tmp_path / "folder")
    pack(tmp_path / "folder", store)
    with pytest.raises(KnowError, match=message):
        read_landscape(store)
