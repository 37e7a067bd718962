"""The held-out table: how far each method misses weights that none has seen.

How the numbers are made and compared: `docs/statistics.md`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from know.randomness import seed_for
from know.records import PredictionError
from know.reporting.bootstrap import (
    Estimate,
    estimate_quantiles,
    resample_trials,
)
from know.reporting.hypernetwork_cells import Cell, collect_cells
from know.reporting.text import csv_text, decimals

HELD_OUT_COLUMNS = (
    "group",
    "kind",
    "horizon",
    "method",
    "trials",
    "values",
    "median",
    "median_low",
    "median_high",
    "p90",
    "p90_low",
    "p90_high",
    "share_below_1",
    "difference_to_reference",
    "difference_low",
    "difference_high",
)

# Shape suffixes: N values, T trials, B resamples.


@dataclass(frozen=True, kw_only=True)
class HeldOutRow:
    """One method's errors in one cell: (group, kind, horizon)."""

    group: str
    kind: str
    horizon: int
    method: str
    trials: int
    values: int
    """Number of errors, one a window of a trial."""
    median: Estimate
    p90: Estimate
    """90th percentile."""
    share_below_1: float
    """Share of the errors that are better than copying the last stage."""
    difference: Estimate | None
    """Median of the paired differences from the reference; None for the reference
    itself, and where it has no errors."""


def tabulate_errors(
    errors: Sequence[PredictionError], *, methods: Sequence[str], reference: str
) -> list[HeldOutRow]:
    """Summarise every method's errors, with intervals over trials.

    All methods of a cell are resampled by the same draws.

    Args:
        errors: of all methods on all held-out trials.
        methods: every method, in the table's order.
        reference: the method that the others are paired with.

    Returns:
        The table's rows, ordered by group, kind, horizon, then method; none where a
        method has no errors in a cell.

    Raises:
        KnowError: naming everything that hinders methods from being paired.
    """
    cells = collect_cells(errors, methods=methods, reference=reference)
    return [row for cell in cells for row in _rows(cell, reference)]


def _rows(cell: Cell, reference: str) -> list[HeldOutRow]:
    trials = sorted({trial for trial, _ in cell.windows})
    places = {trial: place for place, trial in enumerate(trials)}
    trial_N = np.array([places[trial] for trial, _ in cell.windows])
    seed = seed_for("held-out table", cell.group, cell.kind, cell.horizon)
    counts_BT = resample_trials(len(trials), seed=seed)
    values = {
        method: np.array([errors[window] for window in cell.windows])
        for method, errors in cell.errors.items()
    }
    return [_row(cell, m, values, reference, trial_N, counts_BT) for m in values]


def _row(
    cell: Cell,
    method: str,
    values: Mapping[str, NDArray[np.float64]],
    reference: str,
    trial_N: NDArray[np.intp],
    counts_BT: NDArray[np.int32],
) -> HeldOutRow:
    errors_N = values[method]
    median, p90 = estimate_quantiles(errors_N, trial_N, counts_BT, shares=(0.5, 0.9))
    difference = None
    if method != reference and reference in values:
        [difference] = estimate_quantiles(
            errors_N - values[reference], trial_N, counts_BT, shares=(0.5,)
        )
    return HeldOutRow(
        group=cell.group,
        kind=cell.kind,
        horizon=cell.horizon,
        method=method,
        trials=counts_BT.shape[1],
        values=len(errors_N),
        median=median,
        p90=p90,
        share_below_1=float(np.mean(errors_N < 1)),
        difference=difference,
    )


def held_out_csv(table: Sequence[HeldOutRow]) -> str:
    """Render the held-out table as CSV."""
    return csv_text(HELD_OUT_COLUMNS, [_cells(row) for row in table])


def _cells(row: HeldOutRow) -> list[str]:
    return [
        row.group,
        row.kind,
        str(row.horizon),
        row.method,
        str(row.trials),
        str(row.values),
        *_three(row.median),
        *_three(row.p90),
        decimals(row.share_below_1, 4),
        *(_three(row.difference) if row.difference else [""] * 3),
    ]


def _three(estimate: Estimate) -> list[str]:
    return [decimals(v, 6) for v in (estimate.value, estimate.low, estimate.high)]
