import hashlib
import random
import zipfile

import pytest

from know.errors import KnowError
from know.store.archive import pack, verify_checksum

NUM_PLACES = 200


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "folder"
    for name in ("zarr.json", "conv/c/0/0", "conv/c/1/0", "conv/zarr.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(random.Random(name).randbytes(1500))
    return folder


@pytest.fixture
def archive(folder, tmp_path):
    pack(folder, tmp_path / "packed.zip")
    return tmp_path / "packed.zip"


def test_any_zip_reader_finds_the_members_uncompressed(folder, archive):
    with zipfile.ZipFile(archive) as found:
        assert found.testzip() is None
        for member in found.infolist():
            assert member.compress_type == zipfile.ZIP_STORED
            assert found.read(member) == (folder / member.filename).read_bytes()


def test_members_are_sorted_and_bear_no_date_of_their_own(archive):
    with zipfile.ZipFile(archive) as found:
        names = [member.filename for member in found.infolist()]
        dates = {member.date_time for member in found.infolist()}
    assert names == ["conv/c/0/0", "conv/c/1/0", "conv/zarr.json", "zarr.json"]
    assert dates == {(1980, 1, 1, 0, 0, 0)}


def test_the_comment_is_the_digest_of_all_bytes_before_it(archive):
    content = archive.read_bytes()
    with zipfile.ZipFile(archive) as found:
        comment = found.comment.decode()
    assert (
        hashlib.sha256(content[:-64]).hexdigest() == comment == verify_checksum(archive)
    )


def test_a_flipped_byte_is_noticed_anywhere(archive):
    whole = archive.read_bytes()
    places = random.Random(0)
    chosen = [places.randrange(len(whole)) for _ in range(NUM_PLACES)]
    for place in [*chosen, *range(len(whole) - 90, len(whole))]:
        content = bytearray(whole)
        content[place] ^= places.randrange(1, 256)
        archive.write_bytes(content)
        with pytest.raises(KnowError, match="damaged"):
            verify_checksum(archive)


def test_a_missing_end_is_noticed_at_any_length(archive):
    whole = archive.read_bytes()
    lengths = random.Random(0)
    for _ in range(NUM_PLACES):
        archive.write_bytes(whole[: lengths.randrange(len(whole))])
        with pytest.raises(KnowError, match="damaged"):
            verify_checksum(archive)


def test_an_added_byte_is_noticed(archive):
    archive.write_bytes(archive.read_bytes() + b"\0")
    with pytest.raises(KnowError, match="damaged"):
        verify_checksum(archive)


def test_an_archive_of_another_tool_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "plain.zip", "w") as plain:
        plain.writestr("zarr.json", "{}")
    with pytest.raises(KnowError, match="damaged or not checksummed"):
        verify_checksum(tmp_path / "plain.zip")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(KnowError, match="found no file at"):
        verify_checksum(tmp_path / "nowhere.zarr.zip")
