"""Tables of pictures: comma-separated UTF-8 with a header of column names."""

import csv
import logging
from collections import Counter
from pathlib import Path

from know.data.settings import DatasetSettings, split_names
from know.errors import KnowError, raise_all

_LOG = logging.getLogger("know")

Row = dict[str, str]


def read_rows(path: Path, columns: tuple[str, ...]) -> list[Row]:
    """Read the rows of a table that has at least these columns.

    Raises:
        KnowError: if the table is missing or unreadable, lacks a column or has no row.
    """
    wanted = " and ".join(columns)
    if not path.is_file():
        raise KnowError(f"wanted a table of {wanted}, found no file at {path}")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            found = list(reader.fieldnames or [])
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KnowError(f"{path} cannot be read as a table: {error}") from error
    if not set(columns) <= set(found) or not rows:
        raise KnowError(
            f"{path} should have the columns {wanted} and at least one row, "
            f"it has the columns {found} and {len(rows)} rows"
        )
    return rows


def lacks_value(row: Row, columns: tuple[str, ...]) -> bool:
    """Tell whether a row is too short or too long, or empty in one of the columns."""
    return None in row.values() or not all(row[column].strip() for column in columns)


def rows_by_split(
    path: Path, rows: list[Row], settings: DatasetSettings
) -> tuple[list[Row], list[Row] | None]:
    """Return the training and the test rows; all rows and none without splits.

    Args:
        path: path of the table, for messages.
        rows: rows of the table.
        settings: settings that name splits. Rows of other splits are logged.

    Raises:
        KnowError: if one of both has no row.
    """
    if "split" not in rows[0]:
        return rows, None
    wanted = split_names(settings)
    parts = [[row for row in rows if row["split"] in some] for some in wanted.values()]
    known = set().union(*wanted.values())
    others = Counter(row["split"] for row in rows if row["split"] not in known)
    if others:
        _LOG.info("%s: rows of other splits are left out: %s", path, dict(others))
    empty = [
        f"no row has split {' or '.join(repr(name) for name in names)}"
        for names, part in zip(wanted.values(), parts, strict=True)
        if not part
    ]
    raise_all(empty, f"{path} cannot be used")
    return parts[0], parts[1]
