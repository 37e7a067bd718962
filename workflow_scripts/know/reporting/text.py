"""Numbers and tables as text, the same bytes for the same values."""

import csv
import io
from collections.abc import Iterable, Sequence


def csv_text(columns: Sequence[str], records: Iterable[Sequence[str]]) -> str:
    """Render a CSV file with Unix line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(records)
    return buffer.getvalue()


def markdown_grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Render a table of a Markdown page."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def decimals(value: float | None, places: int) -> str:
    """Render with a fixed number of decimals, never as minus zero; None as nothing."""
    return "" if value is None else f"{value:z.{places}f}"


def plus_minus(mean: float, std: float | None) -> str:
    """Render a mean with its spread, if it has one."""
    return f"{mean:.2f}" if std is None else f"{mean:.2f} ± {std:.2f}"


def percent(share: float) -> str:
    """Render a share in [0, 1]."""
    return f"{100 * share:g} %"
