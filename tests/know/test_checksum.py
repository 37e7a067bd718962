import errno
import hashlib
import random
import re
import tracemalloc

import numpy as np
import pytest
import safetensors.numpy
import torch

from know.checksum import (
    checksummed_file,
    checksummed_metadata,
    verified_metadata,
    write_checksummed,
)
from know.errors import KnowError
from know.weights.checkpoint import save_checkpoint

NUM_PLACES = 200


def array_file(path):
    arrays = {
        "test_images": np.zeros((3, 8, 8, 1), np.uint8),
        "test_labels": np.arange(3),
        "train_images": np.arange(640, dtype=np.uint8).reshape(10, 8, 8, 1),
        "train_labels": np.arange(10),
    }
    facts = {"format": 1, "name": "digits", "class_names": ["0"]}
    metadata = checksummed_metadata(facts)
    return write_checksummed(path, safetensors.numpy.save(arrays, metadata=metadata))


def checkpoint(path):
    state = {"0.weight": torch.linspace(0, 1, 300), "0.bias": torch.zeros(7)}
    return save_checkpoint(path, state, {"run": "a", "stage": 0})


@pytest.fixture(params=[array_file, checkpoint])
def checksummed(request, tmp_path):
    path = tmp_path / "file.safetensors"
    request.param(path)
    return path


def test_damage_is_noticed_in_any_byte(checksummed):
    whole = checksummed.read_bytes()
    draw = random.Random(0)
    damaged = [whole + b"\0"]
    damaged += [whole[: draw.randrange(len(whole))] for _ in range(NUM_PLACES)]
    header = range(8 + int.from_bytes(whole[:8], "little"))
    for place in [*header, *(draw.randrange(len(whole)) for _ in range(NUM_PLACES))]:
        flipped = bytearray(whole)
        flipped[place] ^= 1
        damaged.append(bytes(flipped))
    for content in damaged:
        checksummed.write_bytes(content)
        with pytest.raises(KnowError, match="damaged"):
            verified_metadata(checksummed)


def test_a_file_that_was_never_checksummed_is_refused(tmp_path):
    path = tmp_path / "plain.safetensors"
    path.write_bytes(safetensors.numpy.save({"a": np.zeros(3)}))
    with pytest.raises(KnowError, match="not sealed by know"):
        verified_metadata(path)


def test_an_error_of_the_disk_is_no_damage(checksummed, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(hashlib, "file_digest", fail)
    with pytest.raises(OSError, match=re.escape(f"error: '{checksummed}'")):
        verified_metadata(checksummed)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(KnowError, match="found no file at"):
        verified_metadata(tmp_path / "nowhere.safetensors")


def test_the_checksum_is_the_digest_with_its_own_digits_as_zeros(tmp_path):
    checksum = array_file(tmp_path / "a")
    content = (tmp_path / "a").read_bytes()
    assert content.count(checksum.encode()) == 1
    blanked = content.replace(checksum.encode(), b"0" * 64)
    assert hashlib.sha256(blanked).hexdigest() == checksum


def test_metadata_comes_back_and_the_bytes_are_the_same_each_time(tmp_path):
    for name in ("a", "b"):
        array_file(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    found = verified_metadata(tmp_path / "a")
    assert found.pop("sha256")
    assert found == {"format": 1, "name": "digits", "class_names": ["0"]}


@pytest.mark.parametrize(
    "metadata",
    [
        {"sha256": "a" * 64},
        {"a": {"sha256": "a" * 64}},
        {"note": 'sha256": "' + "1" * 64 + '"'},
    ],
)
def test_nothing_in_the_metadata_poses_as_the_checksum(tmp_path, metadata):
    path = tmp_path / "file.safetensors"
    checksum = save_checkpoint(path, {"weight": torch.ones(2)}, metadata)
    assert verified_metadata(path)["sha256"] == checksum


class TestPieces:
    METADATA = checksummed_metadata({"name": "digits"})
    CONTENT = safetensors.numpy.save({"a": np.arange(9.0)}, metadata=METADATA)
    START = 8 + int.from_bytes(CONTENT[:8], "little")

    def test_pieces_make_the_file_that_one_write_makes(self, tmp_path):
        write_checksummed(tmp_path / "whole", self.CONTENT)
        start = self.CONTENT[: self.START]
        with checksummed_file(tmp_path / "a" / "b", start) as writer:
            for place in range(self.START, len(self.CONTENT), 5):
                writer.write(self.CONTENT[place : place + 5])
        assert (tmp_path / "a" / "b").read_bytes() == (tmp_path / "whole").read_bytes()
        assert writer.checksum == verified_metadata(tmp_path / "a" / "b")["sha256"]

    def test_an_error_leaves_the_older_file_and_nothing_else(self, tmp_path):
        def write_half():
            with checksummed_file(path, self.CONTENT[: self.START]) as writer:
                writer.write(b"half")
                raise KnowError("a bad tensor in the middle")

        path = tmp_path / "file"
        path.write_bytes(b"older")
        with pytest.raises(KnowError, match="in the middle"):
            write_half()
        assert list(tmp_path.iterdir()) == [path]
        assert path.read_bytes() == b"older"


def test_checking_a_file_takes_no_memory_for_its_values(tmp_path):
    path = tmp_path / "file.safetensors"
    save_checkpoint(path, {"weight": torch.zeros(2**24)}, {})
    tracemalloc.start()
    verified_metadata(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 2**20
