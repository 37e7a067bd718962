"""Tables of pictures: comma-separated, UTF-8, a head of column names."""

import csv
import logging
from collections import Counter
from pathlib import Path

from know.errors import KnowError, raise_all

_LOG = logging.getLogger("know")

Row = dict[str, str]


def read_rows(path: Path, columns: tuple[str, ...]) -> list[Row]:
    """Rows of a table that has these columns at least.

    Raises:
        KnowError: if the table is missing, is no table, lacks a column or has no row.
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
    """Whether a row is short, or empty where it should not be."""
    return None in row.values() or not all(row[column].strip() for column in columns)


def rows_by_split(
    path: Path, rows: list[Row], wanted: dict[str, tuple[str, ...]]
) -> dict[str, list[Row]]:
    """The rows whose column `split` is among those of each part.

    Args:
        path: the table, for what is said of it.
        rows: its rows.
        wanted: names of splits by part, as `split_names` gives them.

    Raises:
        KnowError: if a part has no row. Rows of further splits are logged.
    """
    parts = {
        key: [row for row in rows if row["split"] in names]
        for key, names in wanted.items()
    }
    known = set().union(*wanted.values())
    others = Counter(row["split"] for row in rows if row["split"] not in known)
    if others:
        _LOG.info("%s: rows of other splits are left out: %s", path, dict(others))
    empty = [
        f"no row has split {' or '.join(repr(name) for name in wanted[key])}"
        for key, part in parts.items()
        if not part
    ]
    raise_all(empty, f"{path} cannot be used")
    return parts
