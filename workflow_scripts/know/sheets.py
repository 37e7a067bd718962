"""Text and tables that people write, in an editor, a spreadsheet or a program."""

import csv
import io
import reprlib
from collections.abc import Sequence
from pathlib import Path

from know.errors import KnowError, raise_all

Row = dict[str, str]
"""Cells by the name of their column, without white space about them."""

_DELIMITERS = "\t,;"


def read_text(path: Path) -> str:
    """Read a text in UTF-8, with or without a byte-order mark, or UTF-16 with one.

    Raises:
        KnowError: if it cannot be read; with the line if it is in another encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KnowError(f"{path} cannot be read: {error.strerror}") from error
    has_wide_mark = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return content.decode("utf-16" if has_wide_mark else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = content[error.start : error.start + 8]
        raise KnowError(
            f"{path} cannot be read: line {line} is not UTF-8 at {found!r}; save the "
            "file in that encoding"
        ) from error


def read_sheet(
    path: Path, columns: Sequence[str], *, wanted: str
) -> list[tuple[int, Row]]:
    """Read a table whose columns have names, between tabs, commas or semicolons.

    Empty lines do not count, nor do empty cells beyond the last column.

    Args:
        path: the table.
        columns: columns that it has to have; others may be there.
        wanted: what it should be, for messages, such as "a run sheet".

    Returns:
        The number of the line at which each row begins, from 1, and the row; a cell
        that is missing at its end is empty.

    Raises:
        KnowError: if there is no such table, or naming everything wrong with its form.
    """
    if not path.is_file():
        raise KnowError(f"wanted {wanted}, found no file at {path}")
    text = read_text(path)
    delimiter = max(_DELIMITERS, key=lambda sign: _known(text, sign, columns))
    lines = _cells(path, text, delimiter)
    names = lines[0][1] if lines else []
    found = [name for name in names if name]
    problems = [
        f"{path.name}: the column {n!r} is there twice" for n in _repeated(found)
    ]
    if not set(columns) <= set(found):
        problems.append(
            f"{path.name}: wanted the columns {', '.join(columns)}, found "
            f"{reprlib.repr(found)}"
        )
    rows = []
    for line, cells in lines[1:]:
        beyond = [*names, *[""] * len(cells)]
        problems += [
            f"{path.name}, line {line}, column {place}: {reprlib.repr(cell)} is in no "
            "named column"
            for place, (name, cell) in enumerate(zip(beyond, cells, strict=False), 1)
            if cell and not name
        ]
        padded = [*cells, *[""] * len(names)]
        named = zip(names, padded, strict=False)
        rows.append((line, {name: cell for name, cell in named if name}))
    if not rows:
        problems.append(f"{path.name}: it has no row")
    raise_all(problems, f"{path} cannot be used as {wanted}")
    return rows


def _cells(path: Path, text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Cells of each line that is not empty, with the number of the line."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        strict=True,
        skipinitialspace=True,
    )
    rows = []
    line = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                rows.append((line, stripped))
            line = reader.line_num + 1
    except csv.Error as error:
        raise KnowError(f"{path}, line {line}: {error}") from error
    return rows


def _known(text: str, delimiter: str, columns: Sequence[str]) -> int:
    """Count the columns that are known if the table is separated so."""
    head = text.lstrip().partition("\n")[0]
    names = {name.strip(' \r"') for name in head.split(delimiter)}
    return len(names.intersection(columns))


def _repeated(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
