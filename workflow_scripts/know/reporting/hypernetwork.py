"""The held-out table: errors of each method on weights that none has seen.

How the numbers are made and compared: `docs/statistics.md`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from know.errors import KnowError, raise_all
from know.randomness import seed_for
from know.records import PredictionError
from know.reporting.bootstrap import estimate_quantiles, resample_trials
from know.reporting.frames import csv_text, each_group, each_item, each_row

GROUPS = ("trials", "family", "dataset")
KINDS = ("conv", "fc", "bias")
CELL = ["group", "kind", "horizon"]
_WINDOW = ["trial", "window"]
_HELD_OUT = """\
group kind horizon method trials values median median_low median_high p90 p90_low \
p90_high share_below_1 difference_to_reference difference_low difference_high"""

# Shape suffixes: N values, T trials, B resamples.


def collect_errors(
    errors: Sequence[PredictionError], *, methods: Sequence[str], reference: str
) -> pd.DataFrame:
    """Put errors into one frame, after checking that methods can be paired.

    Args:
        errors: errors of all methods on all held-out trials.
        methods: every method, in the table's order.
        reference: the method that the others are paired with.

    Returns:
        A line per record, by group, kind and horizon, then trial and window.

    Raises:
        KnowError: naming every record that does not belong, is there twice or is no
            error, every method that is listed and has no record, and every window that
            one method of a cell has and another lacks or measured on other weights.
    """
    if not errors:
        raise KnowError("the held-out table needs at least one error, found none")
    frame = pd.DataFrame.from_records([vars(error) for error in errors])
    raise_all(
        _misfits(frame, methods, reference) + _not_errors(frame) + _repeats(frame),
        "these errors do not make a table",
    )
    places = {name: n for names in (GROUPS, KINDS) for n, name in enumerate(names)}
    frame = frame.sort_values(
        [*CELL, *_WINDOW],
        key=lambda column: column.map(places) if column.dtype == object else column,
        ignore_index=True,
    )
    raise_all(
        [p for cell, rows in each_group(frame, CELL) for p in _unpaired(cell, rows)],
        "these methods cannot be compared window by window",
    )
    return frame


def tabulate_errors(
    errors: pd.DataFrame, *, methods: Sequence[str], reference: str
) -> pd.DataFrame:
    """Summarise every method's errors, with intervals over trials.

    All methods of a cell (group, kind, horizon) are resampled by the same draws.

    Args:
        errors: the frame of `collect_errors`.
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


def _misfits(errors: pd.DataFrame, methods: Sequence[str], reference: str) -> list[str]:
    """Name what is in the records and not known, or listed and not in the records."""
    known = {"group": GROUPS, "kind": KINDS}
    found = set(errors["method"])
    problems = [
        f"{name} {value!r} is none of {', '.join(values)}"
        for name, values in known.items()
        for value in sorted(set(errors[name]) - set(values))
    ]
    problems += [f"method {m} is not listed" for m in sorted(found - set(methods))]
    problems += [f"method {m} has no error" for m in methods if m not in found]
    if reference not in methods:
        problems.append(f"the reference {reference} is not a listed method")
    return problems


def _not_errors(errors: pd.DataFrame) -> list[str]:
    wrong = errors[~(np.isfinite(errors["error"]) & (errors["error"] >= 0))]
    names = wrong[["method", *CELL, *_WINDOW, "error"]]
    return [
        f"{_record_name(name)}: the error is {error}"
        for *name, error in each_row(names)
    ]


def _repeats(errors: pd.DataFrame) -> list[str]:
    counts = errors.groupby(["method", *CELL, *_WINDOW], sort=False).size()
    return [
        f"{_record_name(name)} is there {count} times"
        for name, count in each_item(counts[counts > 1])
    ]


def _record_name(name: Any) -> str:
    method, group, kind, horizon, trial, window = name
    return f"{method}, {group} {kind} horizon {horizon}, trial {trial} window {window}"


def _unpaired(cell: Any, rows: pd.DataFrame) -> list[str]:
    """Name the windows in which the methods of a cell cannot be paired."""
    group, kind, horizon = cell
    place = f"{group} {kind} horizon {horizon}"
    lacking = rows.pivot(index=_WINDOW, columns="method", values="error").isna()
    problems = [
        f"{place}: {method} lacks "
        + ", ".join(f"trial {t} window {w}" for t, w in lacking.index[lacking[method]])
        for method in lacking
        if lacking[method].any()
    ]
    weights = rows.groupby(_WINDOW)["weights"].unique()
    return problems + [
        f"{place}: methods measured trial {t} window {w} on different numbers of "
        f"weights, {sorted(counts.tolist())}"
        for (t, w), counts in each_item(weights[weights.map(len) > 1])
    ]
