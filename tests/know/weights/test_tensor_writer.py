import pytest
import safetensors.torch
import torch

from know.checksum import checksummed_metadata, write_checksummed
from know.errors import KnowError
from know.weights.checkpoint import save_checkpoint
from know.weights.tensor_reader import DTYPES
from know.weights.tensor_writer import tensor_writer

STATE = {
    "b.weight": torch.linspace(-1, 1, 12).reshape(3, 4),
    "a.weight": torch.linspace(-1, 1, 12).reshape(4, 3).T,
    'odd "name" é\n': torch.tensor(2.0),
    "empty": torch.zeros(0, 2),
} | {f"all.{name}": torch.arange(5).to(dtype) for name, dtype in DTYPES.items()}
FACTS = {"predictor": "known", "options": {"a": 0.5}, "note": "naïve"}


@pytest.mark.parametrize("facts", [{}, FACTS])
def test_the_bytes_are_those_of_a_checkpoint_saved_at_once(tmp_path, facts):
    state = {name: value.contiguous() for name, value in STATE.items()}
    metadata = checksummed_metadata(facts)
    write_checksummed(tmp_path / "at-once", safetensors.torch.save(state, metadata))
    save_checkpoint(tmp_path / "checkpoint", STATE, facts)
    # A layout needs no values, and two writers at once do not mix.
    layout = {name: value.to("meta") for name, value in STATE.items()}
    with (
        tensor_writer(tmp_path / "a", layout, facts) as first,
        tensor_writer(tmp_path / "b", STATE, facts) as second,
    ):
        for name in first.names:
            first.write(name, STATE[name])
            second.write(name, STATE[name])
    for name in ("a", "b", "checkpoint"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "at-once").read_bytes()


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (KnowError("a bad tensor in the middle"), KnowError, "in the middle"),
        (None, AssertionError, "every tensor"),
    ],
)
def test_half_a_checkpoint_leaves_nothing(tmp_path, error, kind, message):
    def write_one():
        with tensor_writer(tmp_path / "file", STATE, {}) as writer:
            writer.write(writer.names[0], STATE[writer.names[0]])
            if error:
                raise error

    with pytest.raises(kind, match=message):
        write_one()
    assert list(tmp_path.iterdir()) == []
