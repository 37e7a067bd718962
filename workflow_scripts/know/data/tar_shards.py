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
from know.errors import raise_all


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
        except (OSError, tarfile.TarError) as error:
            wrong = [str(error)]
        else:
            rows += [(number, *row) for row in found]
        problems += [f"{shard}: {problem}" for problem in wrong]
    raise_all(problems, "the shards cannot be used")
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    files = tuple(shard.relative_to(folder).as_posix() for shard in shards)
    return Places(folder, files, table[:, :3]), table[:, 3]


def _indexed(archive: tarfile.TarFile) -> tuple[list[tuple[int, int, int]], list[str]]:
    """First byte, length and class of each picture, and the problems of samples."""
    samples: dict[str, dict[str, tarfile.TarInfo]] = {}
    for member in archive:
        if member.isfile():
            path = PurePosixPath(member.name)
            stem, _, extension = path.name.partition(".")
            key = (path.parent / stem).as_posix()
            samples.setdefault(key, {})[f".{extension.lower()}"] = member
    rows, problems = [], []
    for key, members in samples.items():
        pictures = [members[suffix] for suffix in members if suffix in SUFFIXES]
        text = _text(archive, members.get(".cls"))
        if len(pictures) == 1 and text.isdecimal():
            rows.append((pictures[0].offset_data, pictures[0].size, int(text)))
        else:
            problems.append(
                f"sample {key!r} has {len(pictures)} pictures and the class {text!r}"
            )
    return rows, problems


def _text(archive: tarfile.TarFile, member: tarfile.TarInfo | None) -> str:
    stream = archive.extractfile(member) if member else None
    return stream.read().decode(errors="replace").strip() if stream else ""
