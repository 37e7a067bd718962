"""Records as JSON files: written whole, and read with every bad file named at once."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from know.checksum import write_whole
from know.errors import raise_all

Record = TypeVar("Record")


def write_json(path: Path, content: Any) -> None:
    """Write JSON, whole or not at all; the bytes depend on the content alone."""
    write_whole(path, json.dumps(content, indent=1, sort_keys=True) + "\n")


def read_records(
    paths: Iterable[Path], parse: Callable[[Any], list[Record]], wanted: str
) -> list[Record]:
    """Read records of many files, in the order of `paths`.

    Args:
        paths: JSON files.
        parse: makes records of a file's content; it may raise ValueError, TypeError or
            KeyError.
        wanted: plural name of the records, for messages.

    Raises:
        KnowError: naming every file that cannot be read as such records.
    """
    found: list[Record] = []
    problems: list[str] = []
    for path in paths:
        try:
            found += parse(json.loads(path.read_text()))
        except (OSError, ValueError, TypeError, KeyError) as error:
            problems.append(f"{path}: {error}")
    raise_all(problems, f"these are not {wanted}")
    return found


def objects(content: Any) -> list[dict[str, Any]]:
    """Return the content of a file that must hold a list of JSON objects."""
    if not isinstance(content, list) or not all(isinstance(r, dict) for r in content):
        raise TypeError("wanted a list of objects")
    return content
