"""The held-out table: errors of each method on weights that none has seen.

How the numbers are made and compared: `docs/statistics.md`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from know.errors import raise_all
from know.randomness import seed_for
from know.records import PredictionError
from know.reporting.bootstrap import estimate_quantiles, resample_trials
from know.reporting.frames import csv_text, each_group, each_row, in_order, misfits

GROUPS = ("trials", "family", "dataset")
KINDS = ("conv", "fc", "bias")
CELL = ["group", "kind", "horizon"]
_WINDOW = ["trial", "window"]
_HELD_OUT = """\
group kind horizon method trials values median median_low median_high p90 p90_low \
p90_high share_below_1 difference_to_reference difference_low difference_high"""

# Shape suffixes: N values, T trials, B resamples.


def collect_errors(
    errors: Sequence[PredictionError], *, methods: Sequence[str]
) -> pd.DataFrame:
    """Put errors into one frame, after checking that methods can be paired.

    Args:
        errors: errors of all methods on all held-out trials, at least one.
        methods: every method, in the table's order.

    Returns:
        A line per record, by group, kind and horizon, then trial and window.

    Raises:
        KnowError: naming every record that is no error, every method that is listed
            and has no record or the other way round, and every window that one method
            of a cell has and another lacks or measured on other weights.
    """
    frame = pd.DataFrame.from_records([vars(error) for error in errors])
    wrong = frame[~(np.isfinite(frame["error"]) & (frame["error"] >= 0))]
    raise_all(
        misfits("method", frame["method"], methods)
        + [
            f"{row.method}, {_window_name(row)}: the error is {row.error}"
            for row in each_row(wrong)
        ],
        "these errors do not make a table",
    )
    frame = in_order(frame, [*CELL, *_WINDOW], {"group": GROUPS, "kind": KINDS})
    pairs = (
        frame.assign(wanted=frame.groupby(CELL)["method"].transform("nunique"))
        .groupby([*CELL, *_WINDOW], sort=False, as_index=False)
        .agg(
            wanted=("wanted", "first"),
            found=("method", "size"),
            weights=("weights", "unique"),
        )
    )
    raise_all(
        [
            f"{_window_name(pair)}: wanted {pair.wanted} methods on the same number of "
            f"weights, found {pair.found} on {pair.weights.tolist()}"
            for pair in each_row(pairs)
            if pair.found != pair.wanted or len(pair.weights) > 1
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

    Args:
        errors: the frame.
        methods: every method, in the table's order.
        reference: the method that the others are paired with.

    Returns:
        The table's rows, ordered by group, kind, horizon, then method; none where a
        method has no errors in a cell. `values` counts errors, one per window of a
        trial; `difference_to_reference` is the median of the paired differences,
        missing for the reference itself and where it has no errors.
    """
    records = []
    for cell, rows in each_group(errors, CELL):
        windows = rows.pivot(index=_WINDOW, columns="method", values="error")
        trial_N, trials = pd.factorize(windows.index.get_level_values("trial"))
        seed = seed_for("held-out table", *cell)
        counts_BT = resample_trials(len(trials), seed=seed)
        for method in [m for m in methods if m in windows]:
            error_N = windows[method].to_numpy()
            median, p90 = estimate_quantiles(
                error_N, trial_N, counts_BT, shares=(0.5, 0.9)
            )
            record = [*cell, method, len(trials), len(error_N), *median, *p90]
            record.append(np.mean(error_N < 1))
            if method != reference and reference in windows:
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
