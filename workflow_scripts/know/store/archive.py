"""A folder as one checksummed zip file, the same bytes each time.

The archive's comment holds the SHA-256 of all bytes before it, so that a flipped byte
or a missing end shows anywhere in the file. Any zip reader opens it. Decision 12.
"""

import hashlib
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import BinaryIO

from know.checksum import REMEDY
from know.errors import KnowError, naming
from know.whole_files import whole_file

_CHECKSUM_LENGTH = 64
_CHECKSUM = re.compile("[0-9a-f]{64}")
_BLOCK = 1 << 20
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path, path: Path) -> None:
    """Put the files of `folder` into the checksummed archive `path`, uncompressed.

    Args:
        folder: folder to pack; the members are named relative to it and sorted.
        path: file to write, whole or not at all; an older one is replaced.
    """
    with whole_file(path) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            members = (member for member in folder.rglob("*") if member.is_file())
            for member in sorted(members, key=lambda m: m.relative_to(folder).parts):
                name = member.relative_to(folder).as_posix()
                facts = zipfile.ZipInfo(name, date_time=_FIRST_DATE)
                facts.create_system = 3
                facts.external_attr = 0o644 << 16
                facts.file_size = member.stat().st_size
                with member.open("rb") as source, archive.open(facts, "w") as target:
                    shutil.copyfileobj(source, target, _BLOCK)
            archive.comment = b"0" * _CHECKSUM_LENGTH
        checksum = _digest(file)
        file.seek(-_CHECKSUM_LENGTH, os.SEEK_END)
        file.write(checksum.encode())


def verify_checksum(path: Path) -> str:
    """Check every byte of an archive.

    Args:
        path: a file that `pack` wrote.

    Returns:
        The checksum, 64 hexadecimal digits.

    Raises:
        KnowError: if the file is missing, truncated, changed or was never checksummed.
    """
    if not path.is_file():
        raise KnowError(f"wanted a trajectory store, found no file at {path}")
    size = path.stat().st_size
    if size <= _CHECKSUM_LENGTH:
        raise KnowError(
            f"{path} is damaged: {size} bytes, no room for a checksum; {REMEDY}"
        )
    with naming(path), path.open("rb") as file:
        found = _digest(file)
        file.seek(-_CHECKSUM_LENGTH, os.SEEK_END)
        checksum = file.read().decode("ascii", "backslashreplace")
    if not _CHECKSUM.fullmatch(checksum):
        raise KnowError(
            f"{path} is not sealed by know, or damaged: its last 64 bytes are no "
            "checksum"
        )
    if checksum != found:
        raise KnowError(
            f"{path} is damaged: its bytes digest to {found[:12]}, "
            f"its checksum says {checksum[:12]}; {REMEDY}"
        )
    return found


def _digest(file: BinaryIO) -> str:
    """SHA-256 of the bytes before the checksum, in constant memory."""
    digest = hashlib.sha256()
    remaining = file.seek(-_CHECKSUM_LENGTH, os.SEEK_END)
    file.seek(0)
    while remaining and (block := file.read(min(_BLOCK, remaining))):
        digest.update(block)
        remaining -= len(block)
    return digest.hexdigest()
