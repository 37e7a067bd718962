import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from know.checksum import checksummed_metadata, write_checksummed
from know.errors import KnowError
from know.store.write import packed_whole
from know.whole_files import whole_file, write_whole

SERIALISED = safetensors.numpy.save(
    {"weight": np.zeros(10_000)}, metadata=checksummed_metadata({})
)


def pack_folder(path):
    with packed_whole(path) as folder:
        folder.mkdir()
        for name in ("a", "b"):
            (folder / name).write_bytes(bytes(6_000))


WRITERS = {
    "bytes": partial(write_whole, content=bytes(10_000)),
    "safetensors": partial(write_checksummed, serialised=SERIALISED),
    "archive": pack_folder,
}


WRITE_OFTEN = """
import sys
from pathlib import Path
from know.whole_files import write_whole
for _ in range(1_000):
    write_whole(Path(sys.argv[1]), sys.argv[2] * 50_000)
"""


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
class TestEveryWriter:
    def test_replaces_and_leaves_nothing_else(self, tmp_path, write):
        path = tmp_path / "folder" / "file"
        path.parent.mkdir()
        path.write_text("older")
        write(path)
        assert path.stat().st_size > 10_000 - 1
        assert list(path.parent.iterdir()) == [path]

    def test_a_full_disk_leaves_the_older_file_and_is_told_with_its_name(
        self, tmp_path, write
    ):
        path = tmp_path / "file"
        path.write_text("older")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        # The operating system then refuses writes as it does on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000 - 1, hard))
        try:
            with pytest.raises(KnowError, match=f"{path} was not written: .*make room"):
                write(path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert path.read_text() == "older"
        assert not list(tmp_path.glob("*.partial"))

    @pytest.mark.parametrize(
        ("place", "reason"),
        [("text/file", "text is no folder"), ("folder", "Is a directory")],
    )
    def test_a_place_where_no_file_can_be_is_told(
        self, tmp_path, monkeypatch, write, place, reason
    ):
        monkeypatch.chdir(tmp_path)
        Path("text").write_text("kept")
        Path("folder").mkdir()
        message = f"^{place} was not written: {reason}; choose another place$"
        with pytest.raises(KnowError, match=message):
            write(Path(place))
        assert sorted(map(str, Path().rglob("*"))) == ["folder", "text"]

    def test_a_link_is_replaced_and_its_target_kept(self, tmp_path, write):
        target = tmp_path / "target"
        target.write_text("kept")
        (tmp_path / "file").symlink_to(target)
        write(tmp_path / "file")
        assert not (tmp_path / "file").is_symlink()
        assert target.read_text() == "kept"


def test_an_error_in_the_block_leaves_the_older_file_and_nothing_else(tmp_path):
    def write_half():
        with whole_file(path) as file:
            file.write(b"half")
            raise RuntimeError("a bad tensor in the middle")

    path = tmp_path / "file"
    path.write_text("older")
    with pytest.raises(RuntimeError, match="in the middle"):
        write_half()
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_never_fail_and_no_reader_sees_half_a_file(tmp_path):
    path = tmp_path / "file"
    write_whole(path, "a" * 50_000)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITE_OFTEN, path, letter])
        for letter in "ab"
    ]
    while any(writer.poll() is None for writer in writers):
        assert path.read_text() in ("a" * 50_000, "b" * 50_000)
        time.sleep(0.001)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert list(tmp_path.iterdir()) == [path]
