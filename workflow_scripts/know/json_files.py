"""Records as JSON files with a checksum: written whole, read with every bad file named.

A file is one object: `records`, and `sha256`, the SHA-256 of the whole file with these
64 digits taken as zeros.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from know.errors import naming, raise_all, raise_of_the_disk
from know.whole_files import write_whole

Record = TypeVar("Record")

_BLANK = "0" * 64
_CHECKSUM = re.compile(rb'"sha256": "([0-9a-f]{64})"\n\}\n\Z')
_SLACK = 1e-6
"""Rounding by which a number may lie outside its bounds, as a share of them."""


def write_records(path: Path, records: Sequence[Any]) -> None:
    """Write dataclass objects as JSON, whole or not at all."""
    content = {"records": records, "sha256": _BLANK}
    text = json.dumps(content, default=vars, indent=1, sort_keys=True) + "\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    # The checksum's place comes last.
    write_whole(path, digest.join(text.rsplit(_BLANK, 1)))


def read_records(
    paths: Iterable[Path], parse: Callable[..., Record], wanted: str
) -> list[Record]:
    """Read records of many files, in the order of `paths`, after checking every byte.

    Args:
        paths: files of `write_records`.
        parse: makes a record of an object's values, given by name; it raises TypeError
            if one is missing or unknown, ValueError if one is not possible.
        wanted: plural name of the records, for messages.

    Raises:
        KnowError: naming every file that cannot be read as such records.
    """
    found: list[Record] = []
    problems: list[str] = []
    for path in paths:
        try:
            with naming(path):
                content = path.read_bytes()
            found += [parse(**values) for values in _verified(content)]
        except (OSError, ValueError, TypeError) as error:
            raise_of_the_disk(error)
            problems.append(f"{path}: {error}")
    raise_all(problems, f"these are not {wanted}; delete them and run again")
    return found


def _verified(content: bytes) -> list[Any]:
    """Return what a file of `write_records` holds, or raise ValueError."""
    place = _CHECKSUM.search(content)
    if place is None:
        raise ValueError(
            "it is damaged, or not of this version: no checksum at its end"
        )
    digest = hashlib.sha256(content[: place.start(1)])
    digest.update(_BLANK.encode() + content[place.end(1) :])
    wanted = place[1].decode()
    if digest.hexdigest() != wanted:
        raise ValueError(
            f"it was changed: its bytes digest to {digest.hexdigest()[:12]}, its "
            f"checksum says {wanted[:12]}"
        )
    records: list[Any] = json.loads(content)["records"]
    return records


def check_fields(record: object, **bounds: tuple[float, float]) -> None:
    """Refuse a dataclass object whose values cannot be.

    Args:
        record: dataclass object; each value is to be of its field's type. Numbers are
            to be finite, and a truth value is none.
        bounds: by field, the least and the greatest number, also of those in a list.

    Raises:
        ValueError: naming every wrong field.
    """
    problems = []
    for name, wanted in get_type_hints(type(record)).items():
        value = getattr(record, name)
        low, high = bounds.get(name, (-math.inf, math.inf))
        if not _is(value, wanted):
            title = getattr(wanted, "__name__", None)
            shown = str(wanted) if get_origin(wanted) or not title else title
            problems.append(f"{name}: wanted {shown}, found {value!r}")
        elif not all(
            low - _SLACK * abs(low) <= number <= high + _SLACK * abs(high)
            for number in (value if isinstance(value, list) else [value])
            if isinstance(number, int | float)
        ):
            problems.append(f"{name}: wanted {low:g} to {high:g}, found {value!r}")
    if problems:
        ids = [str(each) for each in vars(record).values() if type(each) in (str, int)]
        raise ValueError(f"{' '.join(ids)}: {'; '.join(problems)}")


def _is(value: Any, wanted: Any) -> bool:
    """Tell whether a value is of a type, numbers being finite."""
    if wanted is Any:
        return True
    if wanted in (int, float):
        kinds = (int, float) if wanted is float else int
        is_number = isinstance(value, kinds) and not isinstance(value, bool)
        return is_number and math.isfinite(value)
    kind, of = get_origin(wanted), get_args(wanted)
    if kind in (Union, UnionType):
        return any(_is(value, each) for each in of)
    if kind is list:
        return isinstance(value, list) and all(_is(each, of[0]) for each in value)
    if kind is dict:
        return isinstance(value, dict) and all(
            _is(key, of[0]) and _is(each, of[1]) for key, each in value.items()
        )
    return isinstance(value, wanted)
