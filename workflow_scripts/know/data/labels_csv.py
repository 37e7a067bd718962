"""Source `labels_csv`: a folder of pictures and labels.csv.

The table's columns are `file` (relative to the folder), `label` (the class's name) and,
optionally, `split` (train or test; rows of other splits are left out).
"""

import csv
import logging
from collections import Counter
from pathlib import Path

import numpy as np

from know.data.pictures import file_split
from know.data.raw import RawDataset, RawSplit, problems_of_opening
from know.data.settings import DatasetSettings
from know.errors import KnowError, raise_all

_LOG = logging.getLogger("know")

# A message stays readable; the count says how many more there are.
_MOST_NAMED = 20

Row = dict[str, str]


def open_labels_csv(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Read the table and find its pictures.

    Raises:
        KnowError: if the table is missing, lacks a column or a value, or names pictures
            that are missing or named before.
    """
    if settings.path is None:
        raise KnowError("path should name the folder of labels.csv")
    folder = data_root / settings.path
    rows = _rows(folder / "labels.csv")
    raise_all(_row_problems(folder, rows), f"{folder / 'labels.csv'} cannot be used")
    names = _class_names(rows)
    if "split" not in rows[0]:
        return RawDataset(_split(folder, rows, names), None, names)
    parts = {key: [r for r in rows if r["split"] == key] for key in ("train", "test")}
    others = Counter(row["split"] for row in rows if row["split"] not in parts)
    if others:
        _LOG.info("%s: rows of other splits are left out: %s", folder, dict(others))
    empty = [f"no row has split {key!r}" for key, part in parts.items() if not part]
    raise_all(empty, f"{folder / 'labels.csv'} cannot be used")
    train, test = (_split(folder, part, names) for part in parts.values())
    return RawDataset(train, test, names)


labels_csv_problems = problems_of_opening(open_labels_csv)


def _rows(path: Path) -> list[Row]:
    if not path.is_file():
        raise KnowError(f"wanted a table of labels, found no file at {path}")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = list(reader.fieldnames or [])
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KnowError(f"{path} cannot be read as a table: {error}") from error
    if not {"file", "label"} <= set(columns) or not rows:
        raise KnowError(
            f"{path} should have the columns file and label and at least one row, "
            f"it has the columns {columns} and {len(rows)} rows"
        )
    return rows


def _row_problems(folder: Path, rows: list[Row]) -> list[str]:
    problems = []
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2):
        if not all(row[key] for key in ("file", "label")) or None in row.values():
            problems.append(f"row {line} lacks a value")
        elif row["file"] in seen:
            problems.append(f"row {line} names {row['file']} again")
        elif not (folder / row["file"]).is_file():
            problems.append(f"row {line}: there is no file {folder / row['file']}")
        seen.add(row["file"])
    if len(problems) > _MOST_NAMED:
        more = len(problems) - _MOST_NAMED
        return [*problems[:_MOST_NAMED], f"and {more} rows more"]
    return problems


def _class_names(rows: list[Row]) -> tuple[str, ...]:
    """All labels, in the order of numbers where all are numbers, else of letters."""
    names = {row["label"] for row in rows}
    if all(name.isdecimal() for name in names):
        return tuple(sorted(names, key=int))
    return tuple(sorted(names))


def _split(folder: Path, rows: list[Row], names: tuple[str, ...]) -> RawSplit:
    label_of = {name: label for label, name in enumerate(names)}
    labels = np.array([label_of[row["label"]] for row in rows], dtype=np.int64)
    return file_split([folder / row["file"] for row in rows], labels)
