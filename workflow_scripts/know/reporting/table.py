"""A table: the metrics of downstream tasks, by run, method and data multiplier."""

from statistics import fmean
from typing import Any

import pandas as pd

from know.errors import raise_all
from know.reporting.facts import NAIVE, TableFacts
from know.reporting.frames import csv_text
from know.reporting.statistics import Comparison, compare, holm, sample_std
from know.reporting.trials import COMPARISON, ROW, row_name

REFERENCES = {"naive": "p_value", "same_norms": "p_value_same_norms"}
"""The two rows that a row is compared with, naive and Theta_0 at its norms, and the
column of their corrected p-values."""

_TABLE = """\
run task metric fraction method stages factor control trials mean std delta_vs_naive \
p_value delta_vs_same_norms p_value_same_norms norm_ratio cosine step_ratio"""
_FINE = dict.fromkeys([*REFERENCES.values(), *COMPARISON], ".6f")
SHORT = dict.fromkeys(["fraction", "stages", "factor"], "g")
_TIMES = "run task method factor trials seconds_mean seconds_std"


def wide(trials: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lay a column of `collect_trials` out as rows by trial numbers.

    Returns:
        A frame indexed by `ROW`, in the order of the trials; empty where a row lacks a
        trial.
    """
    rows = pd.MultiIndex.from_frame(trials[ROW].drop_duplicates())
    return trials.pivot(index=ROW, columns="trial", values=column).reindex(rows)


def tabulate(trials: pd.DataFrame, facts: TableFacts) -> pd.DataFrame:
    """Compare every row with naive and with Theta_0 at the same norms.

    The p-values of each metric and of each of the two comparisons are a family of
    their own, corrected by Holm over all its rows that have one: every run, task,
    method and factor, and the averages.

    Args:
        trials: the frame of `collect_trials`.
        facts: facts about the table.

    Returns:
        The table's rows, ordered by run, task, metric, method, then factor: the columns
        of `ROW`; `trials`, `mean`, `std`; `seconds_mean`, `seconds_std`; the mean
        `COMPARISON`; facts about run and method; and for each of `REFERENCES` the
        fields of `Comparison` with its name behind them (`delta_vs_naive`) and the
        corrected `p_value`, `p_value_same_norms`.

    Raises:
        KnowError: naming everything that hinders a row from being compared.
    """
    values, data = wide(trials, "value"), wide(trials, "data")
    references = _references(values.index, facts)
    raise_all(
        [p for r in references.values() for p in _problems(values, data, r)],
        "these rows cannot be compared trial by trial",
    )
    table = trials.groupby(ROW, sort=False).agg(
        trials=("value", "size"),
        mean=("value", fmean),
        std=("value", sample_std),
        seconds_mean=("seconds", fmean),
        seconds_std=("seconds", sample_std),
        **{name: (name, fmean) for name in COMPARISON},
    )
    for name, reference in references.items():
        found = _compared(values, reference).add_suffix(f"_vs_{name}")
        table = table.join(found)
        families = table.groupby("metric", sort=False)[f"p_vs_{name}"]
        table[REFERENCES[name]] = families.transform(holm)
    methods = facts.frame("method")
    control = methods["is_control"].map({True: "yes", False: "no"})
    stages = methods["stages"].astype(float)
    methods = methods[["paper_row"]].assign(control=control, stages=stages)
    runs = facts.frame("run")[["fraction", "seed"]]
    return table.reset_index().join(runs, on="run").join(methods, on="method")


def _references(rows: "pd.Index[Any]", facts: TableFacts) -> dict[str, pd.MultiIndex]:
    """Row that each row is compared with; its method is missing where there is none."""
    frame = rows.to_frame(index=False)
    controls = {method["method"]: method["same_norms"] for method in facts.methods}
    others = dict.fromkeys(controls.keys() - {NAIVE}, NAIVE)
    naive = frame.assign(method=frame["method"].map(others), factor=1.0, horizon=0)
    same_norms = frame.assign(method=frame["method"].map(controls))
    return {
        "naive": pd.MultiIndex.from_frame(naive),
        "same_norms": pd.MultiIndex.from_frame(same_norms),
    }


def _problems(
    values: pd.DataFrame, data: pd.DataFrame, references: pd.MultiIndex
) -> list[str]:
    """Name the rows without their reference, and the trials that cannot be paired."""
    held = values.notna().to_numpy()
    wanted = values.reindex(references).notna().to_numpy()
    differs = data.to_numpy() != data.reindex(references).to_numpy()
    masks = {
        "lacks trials {} of the reference": wanted & ~held,
        "has trials {} that the reference lacks": held & ~wanted,
        "trials {} read other data than the reference's": held & wanted & differs,
    }
    problems = []
    for place, (row, other) in enumerate(zip(values.index, references, strict=True)):
        if pd.isna(other[ROW.index("method")]):
            continue
        if not wanted[place].any():
            problems.append(f"{row_name(row)}: there is no row {row_name(other)}")
            continue
        problems += [
            f"{row_name(row)} against {row_name(other)}: "
            + problem.format(values.columns[mask[place]].to_list())
            for problem, mask in masks.items()
            if mask[place].any()
        ]
    return problems


def _compared(values: pd.DataFrame, references: pd.MultiIndex) -> pd.DataFrame:
    differences = values.to_numpy() - values.reindex(references).to_numpy()
    return pd.DataFrame(map(compare, differences), values.index, Comparison._fields)


def table_csv(table: pd.DataFrame) -> str:
    """Render a table, values and differences in the unit of each metric."""
    return csv_text(table, _TABLE, {**SHORT, **_FINE})


def times_csv(table: pd.DataFrame, facts: TableFacts) -> str:
    """Render the fine-tuning times of each task, in seconds of wall time per trial."""
    rows = deciding_rows(table, facts)
    return csv_text(rows, _TIMES, SHORT, decimals=3)


def deciding_rows(table: pd.DataFrame, facts: TableFacts) -> pd.DataFrame:
    """Rows of each task's first metric, without averages."""
    first = {(task["task"], task["metrics"][0]) for task in facts.tasks}
    places = zip(table["task"], table["metric"], strict=True)
    return table[[place in first for place in places]]
