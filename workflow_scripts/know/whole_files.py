"""Files that appear whole, under their own name, or not at all."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import BinaryIO

from know.errors import KnowError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Name a file or folder in which `path` can be made, as no other writer names it.

    A process that is killed leaves a `*.partial` behind: see `sweep`.

    Args:
        path: file that will be written; its folder is made.

    Yields:
        A path in the same folder; what is there is removed when the block ends.

    Raises:
        KnowError: if there is no room on the disk, or nothing can be written there.
    """
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    ours = {str(each) for each in (partial, *path.parents)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
    except OSError as error:
        reason, remedy = error.strerror, "choose another place"
        if error.errno in _NO_ROOM:
            remedy = "make room, then try again"
        elif str(error.filename) not in ours:
            # An input's, say.
            raise
        elif isinstance(error, FileExistsError):
            reason = f"{error.filename} is no folder"
        raise KnowError(f"{path} was not written: {reason}; {remedy}") from error
    finally:
        _remove(partial)


def sweep(path: Path) -> None:
    """Remove what killed writers of `path` left beside it; nobody may write it now."""
    for partial in path.parent.glob(f"{escape(path.name)}.{'[0-9a-f]' * 8}.partial"):
        _remove(partial)


def _remove(partial: Path) -> None:
    if partial.is_dir():
        shutil.rmtree(partial)
    elif os.path.lexists(partial):
        partial.unlink(missing_ok=True)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file that replaces `path` once it is complete and on the disk.

    Args:
        path: file to write; its folder is made. A link there is replaced, not followed.

    Yields:
        A new file, for writing and reading; it is gone if the block ends in an error.

    Raises:
        KnowError: if there is no room for the file, or none can be written there.
    """
    with beside(path) as partial:
        with partial.open("x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)


def write_whole(path: Path, content: bytes | bytearray | str) -> None:
    """Write `content` to `path`, as `whole_file` does."""
    with whole_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)
