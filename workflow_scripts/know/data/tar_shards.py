"""Index of the pictures in tar archives that webdataset wrote.

Webdataset reads such shards from front to back and shuffles within a buffer. Here a
stage's subset is a prefix of one permutation of all pictures, and a killed training
resumes mid-epoch, so pictures must be readable in any order. A tar archive is not
compressed: it is enough to know where each picture lies.
"""

import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from know.data.arrays import IntArray
from know.data.class_folders import SUFFIXES
from know.data.picture_list import Places
from know.data.raw import MOST_CLASSES, class_number
from know.errors import raise_all, reason_of

_END_MARKER = 1024
"""Bytes, all zero, with which an archive ends."""
_LONGEST_CLASS = 32
"""Bytes of a class number and the white space about it."""


def shards_in(folder: Path) -> list[Path]:
    """Return the archives of a folder, sorted by name."""
    return sorted(path for path in folder.glob("*.tar") if path.is_file())


def places_in_shards(folder: Path, shards: Sequence[Path]) -> tuple[Places, IntArray]:
    """Index the pictures of archives below `folder`, without reading them.

    Members whose names agree up to the first dot are one sample: a picture, and `cls`,
    the number of its class. Other members are ignored.

    Returns:
        Places of the pictures, in the archives' order, and their classes, shape (N,).

    Raises:
        KnowError: naming every archive that cannot be read, and every sample that is
            not one picture of one class.
    """
    rows: list[tuple[int, int, int, int]] = []
    problems: list[str] = []
    for number, shard in enumerate(shards):
        try:
            with tarfile.open(shard, "r:") as archive:
                found, wrong = _indexed(archive)
        except (OSError, ValueError, tarfile.TarError) as error:
            wrong = [reason_of(error)]
        else:
            rows += [(number, *row) for row in found]
        problems += [f"{shard}: {problem}" for problem in wrong]
    raise_all(problems, "the shards cannot be used")
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    files = tuple(shard.relative_to(folder).as_posix() for shard in shards)
    return Places(folder, files, table[:, :3]), table[:, 3]


def _indexed(archive: tarfile.TarFile) -> tuple[list[tuple[int, int, int]], list[str]]:
    """First byte, length and class of each picture, and the problems of the archive."""
    samples: dict[str, dict[str, tarfile.TarInfo]] = {}
    problems = []
    for member in archive:
        if member.isfile():
            path = PurePosixPath(member.name)
            stem, _, extension = path.name.partition(".")
            members = samples.setdefault((path.parent / stem).as_posix(), {})
            if f".{extension.lower()}" in members or member.issparse():
                problems.append(f"{member.name!r} is there twice, or with holes")
            members[f".{extension.lower()}"] = member
    problems += _end_problems(archive)
    rows = []
    for key, members in samples.items():
        pictures = [members[suffix] for suffix in members if suffix in SUFFIXES]
        text = _text(archive, members.get(".cls"))
        number = class_number(text)
        if len(pictures) == 1 and number is not None:
            rows.append((pictures[0].offset_data, pictures[0].size, number))
        else:
            problems.append(
                f"sample {key!r} has {len(pictures)} pictures and the class {text!r}, "
                f"wanted one, and a number below {MOST_CLASSES}"
            )
    return rows, problems


def _end_problems(archive: tarfile.TarFile) -> list[str]:
    """Tell whether the archive ends where its members do.

    `tarfile` stops in silence at a header that is cut or damaged.
    """
    file = archive.fileobj
    assert file is not None, "an archive that was opened has a file"
    file.seek(archive.offset)
    marker = file.read(_END_MARKER)
    if len(marker) < _END_MARKER or any(marker):
        return [f"cut or damaged at byte {archive.offset}: no end-of-archive marker"]
    while block := file.read(_END_MARKER):
        if any(block):
            return [f"more content behind the end of the archive at {archive.offset}"]
    return []


def _text(archive: tarfile.TarFile, member: tarfile.TarInfo | None) -> str:
    stream = archive.extractfile(member) if member else None
    return (
        stream.read(_LONGEST_CLASS).decode(errors="replace").strip() if stream else ""
    )
