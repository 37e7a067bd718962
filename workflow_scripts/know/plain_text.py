"""Facts and tables as lines of text, for the terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]
"""A title, the columns' names, and rows of cells."""


def laid_out(facts: Mapping[str, Any], tables: Iterable[Table], last: str) -> str:
    """Lay out facts, a line each, then tables below their titles, then a last line."""
    width = max(map(len, facts), default=0)
    lines = [f"{name:{width}}  {value}" for name, value in facts.items()]
    for title, columns, rows in tables:
        lines += ["", title, *_aligned([columns, *rows])]
    return "\n".join([*lines, "", last])


def number(value: float | None, form: str) -> str:
    """Format a number: a dash for none, and a space before a percent sign."""
    return "-" if value is None else format(value, form).replace("%", " %")


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "   ".join(
            ["", *(f"{cell:{w}}" for cell, w in zip(row, widths, strict=True))]
        ).rstrip()
        for row in rows
    ]
