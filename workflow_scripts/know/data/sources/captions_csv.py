"""Source `captions-csv`: a folder `images` and captions.csv, one row per caption.

The table's columns are `file` (in the folder `images`), `caption` and, optionally,
`split`. Rows that name the same file are captions of the same picture, in their order.
"""

from pathlib import Path

import numpy as np

from know.data.captions import words_of
from know.data.picture_list import Places
from know.data.raw import RawDataset, RawSplit, Source, shortened, source_folder
from know.data.settings import DatasetSettings
from know.data.tables import Row, lacks_value, read_rows, rows_by_split
from know.errors import KnowError, raise_all

TARGETS = ("captions",)
HEEDS = ("train_splits", "test_splits")

_COLUMNS = ("file", "caption")


def open_captions_csv(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Read the table and find its pictures.

    Raises:
        KnowError: if the table is missing, lacks a column or a value, names a picture
            that is missing or in two splits, or a caption has no word.
    """
    if settings.classes is not None:
        raise KnowError("captions have no classes to choose from")
    table = source_folder(settings, data_root) / "captions.csv"
    images = table.with_name("images")
    rows = read_rows(table, _COLUMNS)
    raise_all(shortened(_row_problems(images, rows)), f"{table} cannot be used")
    train, test = rows_by_split(table, rows, settings)
    test_split = None if test is None else _split(images, test)
    return RawDataset(_split(images, train), test_split, ())


SOURCE = Source(open_captions_csv)


def _row_problems(images: Path, rows: list[Row]) -> list[str]:
    problems = []
    split_of_file: dict[str, str | None] = {}
    for line, row in enumerate(rows, start=2):
        if lacks_value(row, _COLUMNS):
            problems.append(f"row {line} lacks a value")
            continue
        if not words_of(row["caption"]):
            problems.append(f"row {line} has no word in its caption")
        file, split = row["file"], row.get("split")
        if file not in split_of_file and not (images / file).is_file():
            problems.append(f"row {line}: there is no file {images / file}")
        if split_of_file.setdefault(file, split) != split:
            problems.append(f"row {line} names {file} in another split than before")
    return problems


def _split(images: Path, rows: list[Row]) -> RawSplit:
    captions: dict[str, list[str]] = {}
    for row in rows:
        captions.setdefault(row["file"], []).append(row["caption"])
    return RawSplit(
        np.zeros(len(captions), np.int64),
        Places.of_files(images, list(captions)),
        captions=list(captions.values()),
    )
