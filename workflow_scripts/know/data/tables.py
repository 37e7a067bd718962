"""Tables of pictures: comma-separated UTF-8 with a header of column names."""

import csv
import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from know.data.raw import shortened
from know.data.settings import DatasetSettings, split_names
from know.errors import KnowError, raise_all

_LOG = logging.getLogger("know")

Row = dict[str, str]


def read_table(
    path: Path,
    columns: tuple[str, str],
    settings: DatasetSettings,
    problems: Callable[[Row], list[str]],
) -> tuple[list[Row], list[Row] | None]:
    """Read the training and the test rows of a table; all and none without splits.

    Args:
        path: the table.
        columns: columns in which no row may be empty, besides `split` if it is there.
        settings: settings that name splits. Rows of other splits are logged.
        problems: everything wrong with a row that lacks no value; called in order.

    Raises:
        KnowError: if the table is missing or unreadable, lacks a column or the rows of
            a split, or naming the rows that cannot be used.
    """
    rows = _rows(path, columns)
    heading = f"{path} cannot be used"
    wrong = []
    for line, row in enumerate(rows, start=2):
        if None in row.values() or not all(row[column].strip() for column in columns):
            wrong.append(f"row {line} lacks a value")
        else:
            wrong += [f"row {line}{problem}" for problem in problems(row)]
    raise_all(shortened(wrong), heading)
    if "split" not in rows[0]:
        return rows, None
    train_names, test_names = split_names(settings)
    train = [row for row in rows if row["split"] in train_names]
    test = [row for row in rows if row["split"] in test_names]
    others = Counter(row["split"] for row in rows)
    for name in (*train_names, *test_names):
        others.pop(name, None)
    if others:
        _LOG.info("%s: rows of other splits are left out: %s", path, dict(others))
    empty = [
        f"no row has split {' or '.join(repr(name) for name in names)}"
        for names, part in ((train_names, train), (test_names, test))
        if not part
    ]
    raise_all(empty, heading)
    return train, test


def _rows(path: Path, columns: tuple[str, str]) -> list[Row]:
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
