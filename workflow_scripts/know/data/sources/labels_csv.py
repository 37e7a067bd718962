"""Source `labels-csv`: a folder of pictures and labels.csv.

The table's columns are `file` (relative to the folder), `label` (the class's name) and,
optionally, `split` (rows of splits that the settings do not name are left out).
"""

import re
import unicodedata
from pathlib import Path

import numpy as np

from know.data.picture_list import Places
from know.data.raw import RawDataset, RawSplit, Source, source_folder
from know.data.settings import DatasetSettings
from know.data.tables import read_table
from know.sheets import Row

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]*)?")

HEEDS = ("train_splits", "test_splits", "crop")


def open_labels_csv(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Read the table and find its pictures, each of which it may name once."""
    folder = source_folder(settings, data_root)
    labels: dict[str, str] = {}
    spellings: dict[str, str] = {}

    def problems(row: Row) -> list[str]:
        file = row["file"]
        if file in labels:
            return [f" names {file} again"]
        labels[file] = label = row["label"]
        first = spellings.setdefault(_spelling(label), label)
        if first != label:
            return [f": the label {label!r} was written {first!r} before"]
        if not (folder / file).is_file():
            return [f": there is no file {folder / file}"]
        return []

    table = folder / "labels.csv"
    train, test = read_table(table, ("file", "label"), settings, problems)
    names = set(labels.values())
    are_numbers = all(_NUMBER.fullmatch(name) for name in names)
    ordered = tuple(sorted(names, key=float if are_numbers else None))
    label_of = {name: label for label, name in enumerate(ordered)}

    def split(rows: list[Row]) -> RawSplit:
        labels_N = np.array([label_of[row["label"]] for row in rows], dtype=np.int64)
        return RawSplit(
            labels_N, Places.of_files(folder, [row["file"] for row in rows])
        )

    return RawDataset(split(train), None if test is None else split(test), ordered)


def _spelling(label: str) -> str:
    """One text for all spellings of a label, as a spreadsheet may write a number."""
    if _NUMBER.fullmatch(label):
        return str(float(label))
    return " ".join(unicodedata.normalize("NFC", label).split())


SOURCE = Source(open_labels_csv)
