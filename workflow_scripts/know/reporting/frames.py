"""Pandas frames to and from files, and row by row."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
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


def in_order(
    frame: pd.DataFrame, by: Sequence[str], orders: Mapping[str, Iterable[Any]]
) -> pd.DataFrame:
    """Sort rows by columns, each in its order of values if it has one, else up."""
    ranks: dict[Hashable, dict[Any, int]] = {
        name: {value: rank for rank, value in enumerate(dict.fromkeys(values))}
        for name, values in orders.items()
    }
    return frame.sort_values(
        list(by),
        key=lambda column: column.map(ranks.get(column.name, lambda value: value)),
        ignore_index=True,
    )


def misfits(kind: str, found: Iterable[Any], listed: Iterable[Any]) -> list[str]:
    """Name the ids that are found and not listed, or listed and not found."""
    found = set(found)
    return [
        f"{kind} {name} is {'not listed' if name in found else 'listed and not there'}"
        for name in sorted(found ^ set(listed))
    ]


def not_as_planned(
    found: Iterable[tuple[Any, ...]], wanted: Iterable[tuple[Any, ...]]
) -> dict[tuple[Any, ...], str]:
    """Say of each place that is not there just once what is wrong with it.

    Args:
        found: places of what was read.
        wanted: places that the plan has.
    """
    counts, wanted = Counter(found), set(wanted)
    return {
        place: "not planned"
        if place not in wanted
        else "twice"
        if counts[place]
        else "missing"
        for place in sorted(wanted | counts.keys())
        if counts[place] != (place in wanted)
    }


def cell(value: Any, form: str) -> str:
    """Format one value; a missing one (None, NaN) leaves the cell empty."""
    return "" if pd.isna(value) else format(value, form)


def csv_text(
    frame: pd.DataFrame,
    columns: str,
    forms: Mapping[str, str],
    *,
    decimals: int = 4,
) -> str:
    """Render a CSV file with Unix line ends.

    Args:
        frame: the records.
        columns: names of the file's columns, separated by spaces.
        forms: format of each column that needs its own, such as `.2f`.
        decimals: decimals of all other numbers that are no counts.
    """
    texts = {}
    for name in columns.split():
        is_float = frame[name].dtype == float
        # The option z keeps a small negative number from becoming minus zero.
        form = forms.get(name, f".{decimals}f" if is_float else "").replace(".", "z.")
        texts[name] = [cell(value, form) for value in frame[name]]
    return pd.DataFrame(texts).to_csv(index=False, lineterminator="\n")


def read_csv(path: Path | str) -> pd.DataFrame:
    """Read a file of `csv_text`: ids as text, numbers exactly, empty cells as NaN."""
    return pd.read_csv(
        path,
        dtype=dict.fromkeys(_IDS, str),
        keep_default_na=False,
        na_values=[""],
        float_precision="round_trip",
    )
