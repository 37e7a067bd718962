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


def _wide(trials: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lay a column out as rows by trial, with NaN where a row lacks one."""
    rows = pd.MultiIndex.from_frame(trials[ROW].drop_duplicates())
    return trials.pivot(index=ROW, columns="trial", values=column).reindex(rows)


def tabulate(trials: pd.DataFrame, facts: TableFacts) -> pd.DataFrame:
    """Compare every row of `collect_trials` with naive and Theta_0 at the same norms.

    The p-values of each metric and of each of the two comparisons are a family of
    their own, corrected by Holm over all its rows that have one: every run, task,
    method and factor, and the averages.

    Returns:
        The table's rows, ordered by run, task, metric, method, then factor: the columns
        of `ROW`; `trials`, `mean`, `std`; `seconds_mean`, `seconds_std`; the mean
        `COMPARISON`; facts about run and method; and for each of `REFERENCES` the
        fields of `Comparison` with its name behind them (`delta_vs_naive`) and the
        corrected `p_value`, `p_value_same_norms`.

    Raises:
        KnowError: naming everything that hinders a row from being compared.
    """
    values, data = _wide(trials, "value"), _wide(trials, "data").fillna("")
    references = _references(values.index, facts)
    raise_all(
        [problem for r in references.values() for problem in _unpaired(data, r)],
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
        differences = values.to_numpy() - values.reindex(reference).to_numpy()
        found = map(compare, differences)
        compared = pd.DataFrame(found, table.index, Comparison._fields)
        table = table.join(compared.add_suffix(f"_vs_{name}"))
        families = table.groupby("metric", sort=False)[f"p_vs_{name}"]
        table[REFERENCES[name]] = families.transform(holm)
    methods = pd.DataFrame(facts.methods).set_index("method")
    control = methods["is_control"].map({True: "yes", False: "no"})
    stages = methods["stages"].astype(float)
    methods = methods[["paper_row"]].assign(control=control, stages=stages)
    runs = pd.DataFrame(facts.runs).set_index("run")[["fraction", "seed"]]
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


def _unpaired(data: pd.DataFrame, references: pd.MultiIndex) -> list[str]:
    """Name the trials that one of two rows lacks, or that read other data in it."""
    differs = data.to_numpy() != data.reindex(references, fill_value="").to_numpy()
    return [
        f"{row_name(row)} against {row_name(other)}: trials "
        f"{data.columns[mask].to_list()} are missing from one of the two, or read "
        "other data"
        for row, other, mask in zip(data.index, references, differs, strict=True)
        if not pd.isna(other[ROW.index("method")]) and mask.any()
    ]


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
