"""Files of every kind are damaged, and nothing but a clear refusal comes of it."""

import errno
import io

import pytest
from damage import ARTEFACTS, BAD, digest, tried
from written_files import WRITTEN

SLOW = {"config"}
FEWEST = 4_000
"""Damaged files of all kinds together; `tried` makes as many of each, about."""


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in ARTEFACTS],
)
def test_damage_is_refused_clearly_or_changes_nothing(tmp_path, name):
    found = list(tried(name, tmp_path, 1.0))
    assert len(found) > ARTEFACTS[name].share * FEWEST / len(ARTEFACTS)
    assert [each for each in found if each[1] in BAD] == []


@pytest.mark.parametrize("name", WRITTEN)
def test_nobody_is_told_to_delete_a_file_because_the_disk_failed(
    name, tmp_path, monkeypatch
):
    artefact = WRITTEN[name]
    path = artefact.make(tmp_path, "a")
    wanted = digest(artefact.read(path))

    class Failing(io.FileIO):
        def readinto(self, *_):
            raise OSError(errno.EIO, "Input/output error")

        readall = read = readinto

    def open_failing(file, mode="r", *args, **kwargs):
        if file == path or file == str(path):
            return io.BufferedReader(Failing(path)) if "b" in mode else 1 / 0
        return whole_open(file, mode, *args, **kwargs)

    whole_open = io.open
    monkeypatch.setattr(io, "open", open_failing)
    named = ""
    try:
        # Where Rust reads, nothing fails.
        assert digest(artefact.read(path)) == wanted
    except OSError as error:
        named = str(error.filename)
    assert named in ("", str(path))
