"""Pandas frames to and from files, and row by row."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

_IDS = ("run", "task", "metric", "method", "view", "group", "kind", "pick", "best")


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows as named tuples, without the index."""
    return iter(frame.itertuples(index=False))


def each_item(column: "pd.Series[Any]") -> Iterator[tuple[Any, Any]]:
    """Index and value of each row of a column."""
    return iter(column.items())


def each_group(
    frame: pd.DataFrame, by: str | Sequence[str]
) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Key and rows of each group, by first appearance."""
    return iter(frame.groupby(by if isinstance(by, str) else list(by), sort=False))


def cell(value: Any, form: str) -> str:
    """Format one value; a missing one (None, NaN) leaves the cell empty."""
    return "" if pd.isna(value) else format(value, form)


def csv_text(frame: pd.DataFrame, forms: Mapping[str, str]) -> str:
    """Render a CSV file with Unix line ends.

    Args:
        frame: the records.
        forms: format of every column of the file, in its order, such as `z.4f`.
    """
    columns = {
        name: [cell(v, form) for v in frame[name]] for name, form in forms.items()
    }
    return pd.DataFrame(columns).to_csv(index=False, lineterminator="\n")


def read_csv(path: Path | str) -> pd.DataFrame:
    """Read a file of `csv_text`: ids as text, numbers exactly, empty cells as NaN."""
    return pd.read_csv(
        path,
        dtype=dict.fromkeys(_IDS, str),
        keep_default_na=False,
        na_values=[""],
        float_precision="round_trip",
    )
