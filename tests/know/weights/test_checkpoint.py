import pytest
import safetensors.torch
import torch
from torch import nn

from know.weights.checkpoint import load_checkpoint, save_checkpoint


@pytest.fixture
def state():
    torch.manual_seed(0)
    state = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).state_dict()
    return {**state, "strided": torch.arange(6.0).reshape(2, 3).T}


def test_what_is_saved_comes_back(tmp_path, state):
    path = tmp_path / "new" / "stage.safetensors"
    checksum = save_checkpoint(path, state, {"run": "a", "stage": 3})
    found, metadata = load_checkpoint(path)
    assert metadata == {"run": "a", "stage": 3, "sha256": checksum}
    for tensors in (found, safetensors.torch.load_file(path)):
        assert tensors.keys() == state.keys()
        assert all(torch.equal(tensors[name], value) for name, value in state.items())
        assert all(tensors[name].dtype == value.dtype for name, value in state.items())
    assert list(path.parent.iterdir()) == [path]
