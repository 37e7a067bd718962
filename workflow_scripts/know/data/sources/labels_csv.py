"""Source `labels-csv`: a folder of pictures and labels.csv.

The table's columns are `file` (relative to the folder), `label` (the class's name) and,
optionally, `split` (rows of splits that the settings do not name are left out).
"""

from pathlib import Path

import numpy as np

from know.data.picture_list import Places
from know.data.raw import RawDataset, RawSplit, Source, shortened, source_folder
from know.data.settings import DatasetSettings
from know.data.tables import Row, lacks_value, read_rows, rows_by_split
from know.errors import raise_all

HEEDS = ("train_splits", "test_splits", "crop")

_COLUMNS = ("file", "label")


def open_labels_csv(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Read the table and find its pictures.

    Raises:
        KnowError: if the table is missing or lacks a column or a value, or a picture is
            missing or named twice.
    """
    folder = source_folder(settings, data_root)
    table = folder / "labels.csv"
    rows = read_rows(table, _COLUMNS)
    raise_all(shortened(_row_problems(folder, rows)), f"{table} cannot be used")
    names = _class_names(rows)
    train, test = rows_by_split(table, rows, settings)
    test_split = None if test is None else _split(folder, names, test)
    return RawDataset(_split(folder, names, train), test_split, names)


SOURCE = Source(open_labels_csv)


def _row_problems(folder: Path, rows: list[Row]) -> list[str]:
    problems = []
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2):
        if lacks_value(row, _COLUMNS):
            problems.append(f"row {line} lacks a value")
        elif row["file"] in seen:
            problems.append(f"row {line} names {row['file']} again")
        elif not (folder / row["file"]).is_file():
            problems.append(f"row {line}: there is no file {folder / row['file']}")
        seen.add(row["file"])
    return problems


def _class_names(rows: list[Row]) -> tuple[str, ...]:
    """All labels, in numerical order if all are numbers, else alphabetically."""
    names = {row["label"] for row in rows}
    if all(name.isdecimal() for name in names):
        return tuple(sorted(names, key=int))
    return tuple(sorted(names))


def _split(folder: Path, names: tuple[str, ...], rows: list[Row]) -> RawSplit:
    label_of = {name: label for label, name in enumerate(names)}
    labels = np.array([label_of[row["label"]] for row in rows], dtype=np.int64)
    return RawSplit(labels, Places.of_files(folder, [row["file"] for row in rows]))
