"""Records as JSON files: written whole, and read with every bad file named at once."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from know.errors import raise_all
from know.whole_files import write_whole

Record = TypeVar("Record")


def write_records(path: Path, records: Any) -> None:
    """Write dataclass objects, a list or a single one, as JSON, whole or not at all."""
    text = json.dumps(records, default=vars, indent=1, sort_keys=True)
    write_whole(path, text + "\n")


def read_records(
    paths: Iterable[Path], parse: Callable[..., Record], wanted: str
) -> list[Record]:
    """Read records of many files, in the order of `paths`.

    Args:
        paths: JSON files, each of one object or a list of objects.
        parse: makes a record of an object's values, given by name; it raises TypeError
            if one is missing or unknown.
        wanted: plural name of the records, for messages.

    Raises:
        KnowError: naming every file that cannot be read as such records.
    """
    found: list[Record] = []
    problems: list[str] = []
    for path in paths:
        try:
            content = json.loads(path.read_text())
            objects = content if isinstance(content, list) else [content]
            found += [parse(**values) for values in objects]
        except (OSError, ValueError, TypeError) as error:
            problems.append(f"{path}: {error}")
    raise_all(problems, f"these are not {wanted}")
    return found
