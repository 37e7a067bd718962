"""Exceptions for mistakes that a user can correct."""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


class KnowError(ValueError):
    """A user's input is wrong; the message says what is wrong, where and why."""


class DivergedError(KnowError):
    """A training whose loss became NaN or infinite."""


LONGEST_REASON = 200
"""Characters that a message quotes of another library's."""
_OF_THE_DISK = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN}
MOST_LINES = 10
"""Problems that one message names; the rest are counted."""


def raise_all(problems: list[str], heading: str) -> None:
    """Refuse once, naming every problem, ten at most and the number of the others.

    Each problem is one line; without any, nothing happens.

    Raises:
        KnowError: if there is at least one problem.
    """
    if problems:
        lines = [f"  - {problem}" for problem in problems[:MOST_LINES]]
        if (rest := len(problems) - MOST_LINES) > 0:
            lines.append(f"  and {rest} more")
        raise KnowError("\n".join([f"{heading}:", *lines]))


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in an error of reading it, as Python does in one of opening it.

    A disk or a network file system may fail in between; see `raise_of_the_disk`.
    """
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def raise_of_the_disk(error: Exception) -> None:
    """Raise the error again if the disk failed: the file may be whole.

    For readers that take any error for damage, and advise to delete the file.
    """
    if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
        raise error


def reason_of(error: Exception) -> str:
    """Give what another library says: its first line, and of that no endless one."""
    said = (str(error).splitlines() or [""])[0] or type(error).__name__
    return said if len(said) <= LONGEST_REASON else f"{said[:LONGEST_REASON]}..."


def some_of(names: Sequence[str]) -> str:
    """List up to ten names, and count the others."""
    listed = ", ".join(names[:MOST_LINES])
    rest = len(names) - MOST_LINES
    return f"{listed} and {rest} more" if rest > 0 else listed
