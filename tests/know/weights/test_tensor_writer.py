import pytest
import torch

from know.errors import KnowError
from know.weights.checkpoint import load_checkpoint, save_checkpoint
from know.weights.tensor_reader import DTYPES
from know.weights.tensor_writer import TensorWriter

STATE = {
    "b.weight": torch.linspace(-1, 1, 12).reshape(3, 4),
    "a.weight": torch.linspace(-1, 1, 12).reshape(4, 3).T,
    'odd "name" é\n': torch.tensor(2.0),
    "empty": torch.zeros(0, 2),
} | {f"all.{name}": torch.arange(5).to(dtype) for name, dtype in DTYPES.items()}
FACTS = {"predictor": "known", "options": {"a": 0.5}, "note": "naïve"}


def write(path, state, facts):
    with TensorWriter(path, state, facts) as writer:
        for name in writer.names:
            writer.write(name, state[name])


@pytest.mark.parametrize("facts", [{}, FACTS])
def test_the_bytes_are_those_of_a_checkpoint_saved_at_once(tmp_path, facts):
    save_checkpoint(tmp_path / "at-once", STATE, facts)
    write(tmp_path / "tensorwise", STATE, facts)
    assert (tmp_path / "tensorwise").read_bytes() == (tmp_path / "at-once").read_bytes()


def test_a_layout_needs_no_values(tmp_path):
    layout = {name: value.to("meta") for name, value in STATE.items()}
    with TensorWriter(tmp_path / "file", layout, FACTS) as writer:
        for name in writer.names:
            writer.write(name, STATE[name])
    state, facts = load_checkpoint(tmp_path / "file")
    assert all(torch.equal(state[name], value) for name, value in STATE.items())
    assert facts["note"] == "naïve"


def test_an_error_in_the_middle_leaves_nothing(tmp_path):
    def write_half():
        with TensorWriter(tmp_path / "file", STATE, {}) as writer:
            writer.write(writer.names[0], STATE[writer.names[0]])
            raise KnowError("a bad tensor in the middle")

    with pytest.raises(KnowError, match="in the middle"):
        write_half()
    assert list(tmp_path.iterdir()) == []


def test_a_tensor_left_out_leaves_nothing(tmp_path):
    def write_one():
        with TensorWriter(tmp_path / "file", STATE, {}) as writer:
            writer.write(writer.names[0], STATE[writer.names[0]])

    with pytest.raises(AssertionError, match="every tensor"):
        write_one()
    assert list(tmp_path.iterdir()) == []


def test_two_writers_at_once_do_not_mix(tmp_path):
    other = {name: value + 1 for name, value in STATE.items() if value.ndim == 2}
    with (
        TensorWriter(tmp_path / "a", STATE, {}) as first,
        TensorWriter(tmp_path / "b", other, {}) as second,
    ):
        for name in second.names:
            second.write(name, other[name])
        for name in first.names:
            first.write(name, STATE[name])
    assert torch.equal(
        load_checkpoint(tmp_path / "b")[0]["b.weight"], other["b.weight"]
    )
    assert torch.equal(
        load_checkpoint(tmp_path / "a")[0]["b.weight"], STATE["b.weight"]
    )
