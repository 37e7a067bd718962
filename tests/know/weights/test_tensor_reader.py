import json

import pytest
import safetensors.torch
import torch

from know.errors import KnowError
from know.weights.checkpoint import save_checkpoint
from know.weights.tensor_reader import DTYPES, open_tensors

STATE = {
    f"{name}.{number}": torch.arange(6).reshape(2, 3).to(dtype)
    for number, (name, dtype) in enumerate(DTYPES.items())
} | {"scalar": torch.tensor(7.5), "empty": torch.zeros(0, 3)}


@pytest.fixture
def plain(tmp_path):
    path = tmp_path / "plain.safetensors"
    safetensors.torch.save_file(STATE, path, metadata={"format": "pt"})
    return path


def rewrite(path, change):
    """Change the header of a file, its tensors left as they are."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[start:])


def test_every_tensor_comes_back_as_it_was_saved(plain):
    with open_tensors(plain) as reader:
        assert set(reader.layout) == set(STATE)
        assert reader.metadata is None
        for name, wanted in STATE.items():
            found = reader.read(name)
            assert found.dtype == wanted.dtype
            assert torch.equal(found, wanted)


def test_the_metadata_of_a_checksummed_file_comes_with_its_checksum(tmp_path):
    path = tmp_path / "checksummed.safetensors"
    checksum = save_checkpoint(path, STATE, {"stage": 2})
    with open_tensors(path) as reader:
        assert reader.metadata == {"stage": 2, "sha256": checksum}
        assert torch.equal(reader.read("scalar"), STATE["scalar"])


def test_a_tensor_is_read_into_one_row_of_a_larger_one(plain):
    rows = torch.zeros(3, 2, 3)
    with open_tensors(plain) as reader:
        reader.read_into("F32.1", rows[1])
    assert torch.equal(rows[1], STATE["F32.1"])
    assert not rows[0].any()
    assert not rows[2].any()


def test_every_tensor_of_another_dtype_is_named_at_once(plain):
    rewrite(plain, lambda header: header["F64.0"].update(dtype="C64"))
    rewrite(plain, lambda header: header["U8.8"].update(dtype="F8_E4M3"))
    with pytest.raises(KnowError, match=r"'F64\.0' is C64, wanted .* F32") as refusal:
        open_tensors(plain).__enter__()
    assert "'U8.8' is F8_E4M3" in str(refusal.value)


def test_a_tensor_of_too_many_dimensions_is_refused(plain):
    rewrite(plain, lambda header: header["F32.1"].update(shape=[1] * 64 + [2, 3]))
    with pytest.raises(KnowError, match=r"'F32\.1' has 66 dimensions"):
        open_tensors(plain).__enter__()


def test_a_file_cut_short_while_it_is_read_is_noticed(tmp_path):
    path = tmp_path / "large.safetensors"
    safetensors.torch.save_file({"weight": torch.zeros(10**5)}, path)
    with open_tensors(path) as reader:
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(KnowError, match="it ends within 'weight'"):
            reader.read("weight")
