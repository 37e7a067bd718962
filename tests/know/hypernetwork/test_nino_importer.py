import argparse
from pathlib import Path

import pytest
import torch
from torch import nn

from know.errors import KnowError
from know.hypernetwork.files import load, read_card
from know.hypernetwork.nino_importer import import_nino

KINDS = ["conv", "fc", "bias"]
TYPES = {"fc": 1, "bias": 2, "conv": 3}


def theirs(stages=5, hidden=16, outputs=40):
    """A network with the layout and the names of the published one."""
    torch.manual_seed(2)
    network = nn.Module()
    network.layer_embed = nn.Embedding(15, hidden)
    network.edge_proj = nn.Module()
    network.edge_proj.fc = nn.Sequential(nn.Linear(stages, hidden))
    network.edge_mlp = nn.Module()
    network.edge_mlp.fc = nn.Sequential(
        nn.Linear(hidden, hidden),
        nn.SiLU(),
        nn.Linear(hidden, hidden),
        nn.SiLU(),
        nn.Linear(hidden, hidden),
        nn.SiLU(),
        nn.Linear(hidden, outputs),
    )
    return network


@pytest.fixture
def network():
    return theirs()


@pytest.fixture
def checkpoint(network, tmp_path):
    path = tmp_path / "nino_mlp.pt"
    torch.save(network.state_dict(), path)
    return path


def test_a_file_for_each_kind_is_written(checkpoint, tmp_path):
    written = import_nino(checkpoint, tmp_path / "out")
    assert [path.name for path in written] == [
        f"nino-mlp_{kind}.safetensors" for kind in KINDS
    ]
    cards = [read_card(path) for path in written]
    assert [card["kind"] for card in cards] == KINDS
    assert [card["settings"]["kind"] for card in cards] == KINDS
    assert cards[0]["source"] == "nino_mlp.pt, said to be of SamsungSAILMontreal/nino"


def test_the_network_answers_as_theirs(checkpoint, network, tmp_path):
    scaled = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    for kind, path in zip(KINDS, import_nino(checkpoint, tmp_path), strict=True):
        lifted = network.edge_proj.fc(scaled)
        types = torch.full((7,), TYPES[kind])
        wanted = network.edge_mlp.fc(lifted + network.layer_embed(types))
        torch.testing.assert_close(load(path)(scaled), wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("sizes", [{"stages": 3}, {"hidden": 32}, {"outputs": 7}])
def test_other_sizes_are_read_too(sizes, tmp_path):
    torch.save(theirs(**sizes).state_dict(), tmp_path / "a.pt")
    found = load(import_nino(tmp_path / "a.pt", tmp_path)[0])
    state = found.state_dict()
    assert found.stages == sizes.get("stages", 5)
    assert found.horizons == sizes.get("outputs", 40)
    assert len(state["lift.weight"]) == sizes.get("hidden", 16)


def test_what_their_training_saves_is_read_too(network, tmp_path):
    whole = {
        "state_dict": network.half().state_dict(),
        "model_args": {"ctx": 5, "scale_method": "std"},
        "step": 20000,
        "config": argparse.Namespace(lr=3e-3),
        "losses": [0.3, 0.2],
    }
    torch.save(whole, tmp_path / "a.pt")
    found = load(import_nino(tmp_path / "a.pt", tmp_path)[0])
    assert found.head.weight.dtype == torch.float32
    assert torch.equal(found.head.weight, network.edge_mlp.fc[6].weight.float())


def test_everything_wrong_is_named_and_nothing_written(network, tmp_path):
    state = network.state_dict()
    del state["edge_mlp.fc.2.bias"]
    state["layer_embed.weight"] = torch.zeros(15, 8)
    state["edge_mlp.fc.6.bias"][3] = torch.inf
    state["gnn.convs.0.weight"] = torch.zeros(2)
    arguments = {"act_name": "relu", "residual": True, "scale_method": "min-max"}
    torch.save({"state_dict": state, "model_args": arguments}, tmp_path / "a.pt")
    with pytest.raises(KnowError) as refusal:
        import_nino(tmp_path / "a.pt", tmp_path / "out")
    message = str(refusal.value)
    assert "a.pt: edge_mlp.fc.2.bias is missing" in message
    assert "layer_embed.weight has shape (15, 8), wanted (15, 16)" in message
    assert "edge_mlp.fc.6.bias is not finite" in message
    assert "gnn.convs.0.weight is not part of the network" in message
    assert "its argument act_name is 'relu', wanted 'silu'" in message
    assert "its argument scale_method is 'min-max', wanted 'std'" in message
    assert "residual" not in message
    assert not (tmp_path / "out").exists()


def test_a_tensor_of_more_values_than_the_file_holds_is_not_built(network, tmp_path):
    state = network.state_dict()
    state["layer_embed.weight"] = torch.zeros(1).expand(10**9, 16)
    torch.save(state, tmp_path / "a.pt")
    with pytest.raises(KnowError, match=r"layer_embed\.weight is missing"):
        import_nino(tmp_path / "a.pt", tmp_path / "out")


@pytest.mark.parametrize("held", [torch.zeros(3), {}, {"state_dict": 3}])
def test_a_file_without_its_tensors_is_refused(held, tmp_path):
    torch.save(held, tmp_path / "a.pt")
    with pytest.raises(KnowError, match=r"edge_proj\.fc\.0\.weight is missing"):
        import_nino(tmp_path / "a.pt", tmp_path / "out")


class Trap:
    """An object that runs a function of its own when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_nothing_that_the_file_holds_is_run(network, tmp_path):
    held = {**network.state_dict(), "more": Trap(tmp_path / "trapped")}
    torch.save(held, tmp_path / "a.pt")
    with pytest.raises(KnowError, match="not a PyTorch checkpoint"):
        import_nino(tmp_path / "a.pt", tmp_path / "out")
    assert not (tmp_path / "trapped").exists()
