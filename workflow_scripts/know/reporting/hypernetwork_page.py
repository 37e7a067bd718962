"""The held-out table as a page to read."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from know.reporting.bootstrap import RESAMPLES
from know.reporting.frames import each_group, each_item, each_row
from know.reporting.text import interval, markdown_grid, paragraphs

_TITLES = {
    "trials": "Held-out trials of known families and data sets",
    "family": "Held-out architecture families",
    "dataset": "Held-out data sets",
}
_LEGEND = """\
A value is |prediction - truth| / |last stage - truth| over all tensors of a kind in \
one window of a held-out trial; copying the last stage is 1. A cell is the median over \
windows (90th percentile in brackets); its column is the kind of tensor and the number \
of stages ahead. **Bold**: the lowest median of its column, however close the next \
one is. `†`: a median above 1, worse than copying."""
_DIFFERENCES = """\
Median difference from `{reference}`, paired by window [95 % bootstrap interval, \
{resamples:,} resamples of whole trials, not corrected for their number]; below 0 is \
better. Intervals of the medians themselves: results/hypernetwork.csv. Details: \
docs/statistics.md."""

_COLUMN = ["kind", "horizon"]


def held_out_page(
    table: pd.DataFrame,
    *,
    errors: pd.DataFrame,
    methods: Sequence[str],
    reference: str,
    note: str,
) -> str:
    """Render the frame of `tabulate_errors` as a Markdown page.

    Each group has a section: trials, medians, paired differences.

    Args:
        table: the frame.
        errors: the frame that it summarises, for the lists of trials.
        methods: every method, in the table's order.
        reference: the method that the others are paired with.
        note: the setting of the numbers.
    """
    parts = ["# Errors on held-out trials", note.strip(), _LEGEND]
    parts.append(_DIFFERENCES.format(reference=reference, resamples=RESAMPLES))
    best = table.groupby(["group", *_COLUMN])["median"].transform("min")
    table = table.assign(
        is_best=table["median"] == best,
        place=table["method"].map({m: n for n, m in enumerate(methods)}),
    )
    for group, rows in each_group(table, "group"):
        trials = errors[errors["group"] == group].drop_duplicates("trial", keep="last")
        parts += [f"## {_TITLES[group]}", _trials(trials), _grid(rows, _median)]
        paired = rows.dropna(subset="difference_to_reference")
        if not paired.empty:
            parts += [f"Difference from `{reference}`:", _grid(paired, _difference)]
    return paragraphs(parts)


def _trials(trials: pd.DataFrame) -> str:
    lines = [f"- trials: {len(trials)}"]
    for name, title in (("family", "families"), ("dataset", "data sets")):
        counts = each_item(trials[name].value_counts().sort_index())
        found = ", ".join(f"`{value}` {count}" for value, count in counts)
        lines.append(f"- {title}: {found}")
    return "\n".join(lines)


def _grid(rows: pd.DataFrame, cell: Callable[[Any], str]) -> str:
    """Lay cells out as method by (kind, horizon), these in the order of `rows`."""
    columns = pd.MultiIndex.from_frame(rows[_COLUMN].drop_duplicates())
    cells = rows.assign(cell=[cell(row) for row in each_row(rows)])
    grid = cells.pivot(index=["place", "method"], columns=_COLUMN, values="cell")
    grid = grid.reindex(columns=columns).fillna("")
    return markdown_grid(
        ["method", *(f"{kind} +{horizon}" for kind, horizon in columns)],
        [[method, *line] for (_, method), *line in grid.itertuples()],
    )


def _median(row: Any) -> str:
    median = _short(row.median)
    shown = f"**{median}**" if row.is_best else median
    return f"{shown} ({_short(row.p90)})" + (" †" if row.median > 1 else "")


def _difference(row: Any) -> str:
    ends = interval(row.difference_low, row.difference_high, decimals=3)
    return f"{row.difference_to_reference:+z.3f}{ends}"


def _short(value: float) -> str:
    """Three decimals, or three digits if the value is far too large."""
    return f"{value:.3f}" if value < 10 else f"{value:.3g}"
