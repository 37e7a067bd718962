"""Tables of pictures."""

import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from know.data.settings import DatasetSettings, split_names
from know.errors import raise_all
from know.sheets import Row, read_sheet

_LOG = logging.getLogger("know")


def read_table(
    path: Path,
    columns: tuple[str, str],
    settings: DatasetSettings,
    problems: Callable[[Row], list[str]],
) -> tuple[list[Row], list[Row] | None]:
    """Read the training and the test rows of a table; all and none without splits.

    Args:
        path: the table.
        columns: columns in which no row may be empty, nor in `split` if it is there.
        settings: settings that name splits. Rows of other splits are logged.
        problems: everything wrong with a row that lacks no value; called in order.

    Raises:
        KnowError: if the table is missing or unreadable, lacks a column or the rows of
            a split, or naming the rows that cannot be used.
    """
    wanted = f"a table of {' and '.join(columns)}"
    numbered = read_sheet(path, columns, wanted=wanted)
    heading = f"{path} cannot be used"
    wrong = []
    for line, row in numbered:
        filled = {*columns, "split"} & row.keys()
        if not all(row[column] for column in filled):
            wrong.append(f"{path.name}, line {line} lacks a value")
        else:
            wrong += [f"{path.name}, line {line}{problem}" for problem in problems(row)]
    raise_all(wrong, heading)
    rows = [row for _, row in numbered]
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
        f"{path.name}: no row has split {' or '.join(repr(name) for name in names)}"
        for names, part in ((train_names, train), (test_names, test))
        if not part
    ]
    raise_all(empty, heading)
    return train, test
