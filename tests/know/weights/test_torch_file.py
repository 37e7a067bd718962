import argparse
from collections import OrderedDict

import pytest
import torch
from torch import nn

from know.errors import KnowError
from know.weights.torch_file import open_torch_file

STATE = {"fc.weight": torch.arange(6.0).reshape(2, 3), "fc.bias": torch.zeros(2)}
ENDLESS = {"epoch": 3}
ENDLESS["self"] = ENDLESS
CONTENTS = {
    "state dict": STATE,
    "ordered": OrderedDict(STATE),
    "lightning": {"epoch": 3, "state_dict": STATE, "optimizer_states": []},
    "script": {"model": STATE, "optimizer": {"state": {0: {"step": torch.ones(1)}}}},
    "nested": {"model": {"state_dict": STATE}},
    "named otherwise": {"weights": STATE, "loss": torch.tensor(0.5)},
    "with an average": {"model": STATE, "model_ema": dict(STATE)},
    "with an extra state": {**STATE, "norm._extra_state": None},
    "below unknown keys": {"run": {"agent": {"policy": STATE}}, "epoch": 3},
    "beside settings": {**STATE, "epoch": 3, "config": {"sizes": [2, 3]}},
    "beside an optimizer by names": {
        "weights": STATE,
        "optim": {"state": {"fc.weight": {"exp_avg": torch.ones(2, 3)}}},
    },
}


def saved(path, content, **options):
    torch.save(content, path, **options)
    return path


def read(path):
    with open_torch_file(path) as file:
        state = {}
        for name, value in file.layout.items():
            state[name] = torch.empty(value.shape, dtype=value.dtype)
            file.read_into(name, state[name])
        return state


@pytest.mark.parametrize("form", CONTENTS)
def test_the_state_dict_is_found_wherever_it_lies(tmp_path, form):
    found = read(saved(tmp_path / "a.pt", CONTENTS[form]))
    assert {*found} == {*STATE}
    assert all(torch.equal(found[name], STATE[name]) for name in STATE)


def test_a_note_says_what_was_taken_and_what_was_not(tmp_path):
    with open_torch_file(saved(tmp_path / "a.pt", CONTENTS["with an average"])) as file:
        assert file.note == "took the tensors under 'model', left alone: model_ema"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"args": argparse.Namespace(), "model": STATE}, "class argparse.Namespace"),
        (nn.Linear(2, 2), "class torch.nn.modules.linear.Linear"),
        (
            {"a": STATE, "b": {"c": STATE, "epoch": 3}},
            r"found several; .*torch.load\(FILE\)\['a'\], NEW_FILE\):\n"
            "  - 'a': 2 tensors\n  - 'b.c': 2 tensors$",
        ),
        ({"epoch": 3}, "found none in a dict with 'epoch'; save the network by"),
        ([STATE], "found none in a list; save the network by"),
        (ENDLESS, "containers within containers"),
        ({"w": torch.eye(2).to_sparse()}, r"'w' is torch.sparse_coo, torch.float32"),
        ({"w": torch.zeros(2, dtype=torch.complex64)}, "'w' is .*torch.complex64"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_message(tmp_path, content, message):
    with pytest.raises(KnowError, match=message):
        read(saved(tmp_path / "a.pt", content))


def test_what_is_written_differs_in_the_weights_alone(tmp_path):
    content = {"epoch": 3, "state_dict": OrderedDict(STATE), "optimizer_states": [1]}
    with (
        open_torch_file(saved(tmp_path / "a.ckpt", content)) as file,
        file.writer(tmp_path / "b.ckpt") as writer,
    ):
        for name in writer.names:
            writer.write(name, STATE[name] + 1)
    found = torch.load(tmp_path / "b.ckpt", weights_only=True)
    assert (found["epoch"], found["optimizer_states"]) == (3, [1])
    assert isinstance(found["state_dict"], OrderedDict)
    assert torch.equal(found["state_dict"]["fc.bias"], torch.ones(2))
    assert torch.equal(content["state_dict"]["fc.bias"], torch.zeros(2))
