"""Numbers and tables as Markdown."""

from collections.abc import Iterable, Sequence

import pandas as pd


def markdown_grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Render a table of a Markdown page."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def paragraphs(parts: Iterable[str]) -> str:
    """Join the parts of a Markdown page, leaving out empty ones."""
    return "\n\n".join(part for part in parts if part) + "\n"


def plus_minus(mean: float, std: float) -> str:
    """Render a mean with its spread, if it has one."""
    return f"{mean:.2f}" if pd.isna(std) else f"{mean:.2f} ± {std:.2f}"


def percent(share: float) -> str:
    """Render a share in [0, 1]."""
    return f"{100 * share:g} %"
