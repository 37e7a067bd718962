"""Source `captions-csv`: a folder `images` and captions.csv, one row per caption.

The table's columns are `file` (in the folder `images`), `caption` and, optionally,
`split`. Rows that name the same file are captions of the same picture, in their order.
"""

from pathlib import Path

import numpy as np

from know.data.captions import words_of
from know.data.picture_list import Places
from know.data.raw import RawDataset, RawSplit, Source, source_folder
from know.data.settings import DatasetSettings
from know.data.tables import read_table
from know.errors import KnowError
from know.sheets import Row

TARGETS = ("captions",)
HEEDS = ("train_splits", "test_splits")


def open_captions_csv(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Read the table and find its pictures, each of which is in one split."""
    if settings.classes is not None:
        raise KnowError("captions have no classes to choose from")
    folder = source_folder(settings, data_root)
    images = folder / "images"
    split_of_file: dict[str, str | None] = {}

    def problems(row: Row) -> list[str]:
        wrong = []
        if not words_of(row["caption"]):
            wrong.append(" has no word in its caption")
        file, split = row["file"], row.get("split")
        if file not in split_of_file and not (images / file).is_file():
            wrong.append(f": there is no file {images / file}")
        if split_of_file.setdefault(file, split) != split:
            wrong.append(f" names {file} in another split than before")
        return wrong

    table = folder / "captions.csv"
    train, test = read_table(table, ("file", "caption"), settings, problems)
    test_split = None if test is None else _split(images, test)
    return RawDataset(_split(images, train), test_split, ())


def _split(images: Path, rows: list[Row]) -> RawSplit:
    captions: dict[str, list[str]] = {}
    for row in rows:
        captions.setdefault(row["file"], []).append(row["caption"])
    return RawSplit(
        np.zeros(len(captions), np.int64),
        Places.of_files(images, list(captions)),
        captions=list(captions.values()),
    )


SOURCE = Source(open_captions_csv)
