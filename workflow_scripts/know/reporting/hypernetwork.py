"""The held-out table: errors of each method on weights that none has seen.

How the numbers are made and compared: `docs/statistics.md`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from know.errors import raise_all
from know.randomness import seed_for
from know.records import PredictionError
from know.reporting.bootstrap import RESAMPLES, estimate_quantiles, resample_trials
from know.reporting.frames import (
    csv_text,
    each_group,
    each_item,
    each_row,
    in_order,
    misfits,
)
from know.reporting.text import interval, markdown_grid, paragraphs

GROUPS = ("trials", "family", "dataset")
KINDS = ("conv", "fc", "bias")
CELL = ["group", "kind", "horizon"]
_COLUMN = ["kind", "horizon"]
_WINDOW = ["trial", "window"]
_HELD_OUT = """\
group kind horizon method trials values median median_low median_high p90 p90_low \
p90_high share_below_1 difference_to_reference difference_low difference_high"""
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

# Shape suffixes: N values, T trials, B resamples.


def collect_errors(
    errors: Sequence[PredictionError],
    *,
    methods: Sequence[str],
    horizons: Sequence[int],
) -> pd.DataFrame:
    """Put errors into one frame, after checking that methods can be paired.

    Returns:
        A line per record, by group, kind and horizon, then trial and window.

    Raises:
        KnowError: naming every method and horizon that is listed and has no record or
            the other way round, and every window that a method lacks, has twice or
            measured on other weights than another.
    """
    frame = pd.DataFrame.from_records([vars(error) for error in errors])
    raise_all(
        misfits("method", frame["method"], methods)
        + misfits("horizon", frame["horizon"], horizons),
        "these errors do not make a table; delete results/held_out and run again",
    )
    frame = in_order(frame, [*CELL, *_WINDOW], {"group": GROUPS, "kind": KINDS})
    pairs = frame.groupby([*CELL, *_WINDOW], sort=False, as_index=False).agg(
        distinct=("method", "nunique"),
        found=("method", "size"),
        weights=("weights", "unique"),
    )
    raise_all(
        [
            f"{_window_name(pair)}: wanted each of {len(methods)} methods once on the "
            f"same number of weights, found {pair.found} on {pair.weights.tolist()}"
            for pair in each_row(pairs)
            if (pair.found, pair.distinct, len(pair.weights))
            != (len(methods), len(methods), 1)
        ],
        "these methods cannot be compared window by window",
    )
    return frame


def _window_name(row: Any) -> str:
    where = f"{row.group} {row.kind} horizon {row.horizon}"
    return f"{where}, trial {row.trial} window {row.window}"


def tabulate_errors(
    errors: pd.DataFrame, *, methods: Sequence[str], reference: str
) -> pd.DataFrame:
    """Summarise the frame of `collect_errors`, with intervals over trials.

    All methods of a cell (group, kind, horizon) are resampled by the same draws.

    Returns:
        The table's rows, ordered by group, kind, horizon, then method. `values` counts
        errors, one per window of a trial; `difference_to_reference` is the median of
        the paired differences, missing for the reference itself.
    """
    records = []
    for cell, rows in each_group(errors, CELL):
        windows = rows.pivot(index=_WINDOW, columns="method", values="error")
        trial_N, trials = pd.factorize(windows.index.get_level_values("trial"))
        seed = seed_for("held-out table", *cell)
        counts_BT = resample_trials(len(trials), seed=seed)
        for method in methods:
            error_N = windows[method].to_numpy()
            median, p90 = estimate_quantiles(
                error_N, trial_N, counts_BT, shares=(0.5, 0.9)
            )
            record = [*cell, method, len(trials), len(error_N), *median, *p90]
            record.append(np.mean(error_N < 1))
            if method != reference:
                [difference] = estimate_quantiles(
                    error_N - windows[reference].to_numpy(),
                    trial_N,
                    counts_BT,
                    shares=(0.5,),
                )
                record += [*difference]
            records.append(dict(zip(_HELD_OUT.split(), record, strict=False)))
    return pd.DataFrame.from_records(records, columns=_HELD_OUT.split())


def held_out_csv(table: pd.DataFrame) -> str:
    """Render the held-out table as CSV."""
    return csv_text(table, _HELD_OUT, {"share_below_1": ".4f"}, decimals=6)


def held_out_page(
    table: pd.DataFrame,
    *,
    errors: pd.DataFrame,
    methods: Sequence[str],
    reference: str,
    note: str,
) -> str:
    """Render the frame of `tabulate_errors` as a Markdown page.

    Each group has a section: trials, medians, paired differences from the `reference`.
    `errors` is the frame that the table summarises; `note` says how it was made.
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
    grid = grid.reindex(columns=columns)
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
