"""Networks are plug-ins that do not share code."""

import ast
from pathlib import Path

import pytest
import torch

import know.architectures
from know.architectures import ARCHITECTURES, build_network

PACKAGE = Path(know.architectures.__file__).parent


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_no_network_reaches_another_networks_module(name):
    networks = {ARCHITECTURES.module_of(other) for other in ARCHITECTURES}
    networks -= {ARCHITECTURES.module_of(name)}
    waiting, seen = [ARCHITECTURES.module_of(name)], set()
    while waiting:
        module = waiting.pop()
        seen.add(module)
        path = PACKAGE / f"{module.rpartition('.')[2]}.py"
        nodes = ast.walk(ast.parse(path.read_text()))
        imported = {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
        assert "know.architectures" not in imported
        found = {m for m in imported if (m or "").startswith("know.architectures.")}
        waiting += found - seen
    assert not seen & networks


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("pvt-v2", {"weights": "gone.safetensors"}),
        ("pvt-v2", {"weights": "timm"}),
        ("deeplabv3plus", {"encoder_weights": "imagenet"}),
    ],
)
def test_a_network_that_holds_other_weights_asks_no_hub_or_file(
    name, options, monkeypatch
):
    def refuse(*_):
        raise AssertionError("a job went to the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    facts = {"num_classes": 2, "image_size": 32}
    state = build_network(name, **facts, seed=1).state_dict()
    held = build_network(name, **facts, seed=2, options=options, state=state)
    assert all(torch.equal(held.state_dict()[key], state[key]) for key in state)
