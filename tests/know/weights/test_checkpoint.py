import pytest
import safetensors.torch
import torch
from torch import nn

from know.errors import KnowError
from know.weights.checkpoint import load_checkpoint, save_checkpoint


@pytest.fixture
def state():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).state_dict()


def test_what_is_saved_comes_back(tmp_path, state):
    path = tmp_path / "new" / "stage.safetensors"
    checksum = save_checkpoint(path, state, {"run": "a", "stage": 3})
    found, metadata = load_checkpoint(path)
    assert metadata == {"run": "a", "stage": 3, "sha256": checksum}
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], value) for name, value in state.items())
    assert all(found[name].dtype == value.dtype for name, value in state.items())


def test_the_same_state_gives_the_same_bytes(tmp_path, state):
    for name in ("a", "b"):
        save_checkpoint(tmp_path / name, state, {"z": 1, "a": [2.5, "x"]})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_nothing_but_the_checkpoint_is_left_behind(tmp_path, state):
    save_checkpoint(tmp_path / "a", state, {})
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_plain_safetensors_opens_it(tmp_path, state):
    save_checkpoint(tmp_path / "a", state, {})
    assert safetensors.torch.load_file(tmp_path / "a").keys() == state.keys()


def test_a_strided_tensor_is_saved_as_it_reads(tmp_path):
    value = torch.arange(6.0).reshape(2, 3).T
    save_checkpoint(tmp_path / "a", {"weight": value}, {})
    assert torch.equal(load_checkpoint(tmp_path / "a")[0]["weight"], value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(KnowError, match="found no file at"):
        load_checkpoint(tmp_path / "nowhere.safetensors")
