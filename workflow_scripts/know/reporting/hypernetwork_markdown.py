"""The held-out table as a page to read."""

from collections import Counter
from collections.abc import Mapping, Sequence

from know.records import PredictionError
from know.reporting.bootstrap import RESAMPLES
from know.reporting.hypernetwork import HeldOutRow
from know.reporting.text import markdown_grid

_TITLES = {
    "trials": "Held-out trials of known families and data sets",
    "family": "Held-out architecture families",
    "dataset": "Held-out data sets",
}
_LEGEND = """\
A value is |prediction - truth| / |last stage - truth| over all tensors of a kind in \
one window of a held-out trial; copying the last stage is 1. A cell is the median over \
windows (90th percentile in brackets), its column being the kind of tensor and how \
many stages ahead. **Bold**: the lowest median of its column, however close the next \
one is. `†`: a median above 1, worse than copying."""
_DIFFERENCES = """\
Median difference from `{reference}`, paired by window [95 % bootstrap interval, \
{resamples:,} resamples of whole trials, not corrected for their number]; below 0 is \
better. Intervals of the medians themselves: results/hypernetwork.csv. Details: \
docs/statistics.md."""

Column = tuple[str, int]
"""Kind and horizon."""


def held_out_markdown(
    table: Sequence[HeldOutRow],
    *,
    errors: Sequence[PredictionError],
    methods: Sequence[str],
    reference: str,
    note: str,
) -> str:
    """Render the held-out table for people.

    Args:
        table: the rows of `tabulate_errors`.
        errors: the records that they summarise, for the lists of trials.
        methods: every method, in the table's order.
        reference: the method that the others are paired with.
        note: what setting the numbers come from.

    Returns:
        A Markdown page with a section a group: trials, medians, paired differences.
    """
    parts = ["# Errors on held-out trials", note.strip(), _LEGEND]
    parts.append(_DIFFERENCES.format(reference=reference, resamples=RESAMPLES))
    for group in dict.fromkeys(row.group for row in table):
        rows = [row for row in table if row.group == group]
        compared = {_key(row): _difference(row) for row in rows if row.difference}
        parts += [
            f"## {_TITLES[group]}",
            _trials([e for e in errors if e.group == group]),
            _grid(rows, methods, _medians(rows)),
        ]
        if compared:
            paired = [row for row in rows if row.difference]
            parts += [
                f"Difference from `{reference}`:",
                _grid(paired, methods, compared),
            ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _trials(errors: Sequence[PredictionError]) -> str:
    trials = {e.trial: e for e in errors}
    families = Counter(e.family for e in trials.values())
    datasets = Counter(e.dataset for e in trials.values())
    return "\n".join(
        [
            f"- trials: {len(trials)}",
            f"- families: {_counts(families)}",
            f"- data sets: {_counts(datasets)}",
        ]
    )


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"`{name}` {counts[name]}" for name in sorted(counts))


def _key(row: HeldOutRow) -> tuple[str, Column]:
    return row.method, (row.kind, row.horizon)


def _medians(rows: Sequence[HeldOutRow]) -> dict[tuple[str, Column], str]:
    best: dict[Column, float] = {}
    for row in rows:
        column = row.kind, row.horizon
        best[column] = min(row.median.value, best.get(column, row.median.value))
    return {
        _key(row): _median(row, is_best=row.median.value == best[row.kind, row.horizon])
        for row in rows
    }


def _median(row: HeldOutRow, *, is_best: bool) -> str:
    median = _short(row.median.value)
    shown = f"**{median}**" if is_best else median
    mark = " †" if row.median.value > 1 else ""
    return f"{shown} ({_short(row.p90.value)}){mark}"


def _difference(row: HeldOutRow) -> str:
    assert row.difference
    value, low, high = row.difference.value, row.difference.low, row.difference.high
    if low is None or high is None:
        return f"{value:+z.3f}"
    return f"{value:+z.3f} [{low:+z.3f}, {high:+z.3f}]"


def _short(value: float) -> str:
    """Three decimals, or three digits of what is far too large."""
    return f"{value:.3f}" if value < 10 else f"{value:.3g}"


def _grid(
    rows: Sequence[HeldOutRow],
    methods: Sequence[str],
    cells: Mapping[tuple[str, Column], str],
) -> str:
    """Lay cells out as method by (kind, horizon), these in the order of `rows`."""
    columns = list(dict.fromkeys((row.kind, row.horizon) for row in rows))
    found = {row.method for row in rows}
    return markdown_grid(
        ["method", *(f"{kind} +{horizon}" for kind, horizon in columns)],
        [
            [method, *(cells.get((method, column), "") for column in columns)]
            for method in methods
            if method in found
        ],
    )
