"""A table: the metrics of downstream tasks by run, method and data multiplier.

And the same over pre-training seeds, with intervals of the differences.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import pandas as pd

from know.errors import raise_all
from know.records import Score
from know.reporting.facts import AVERAGE, NAIVE, TableFacts
from know.reporting.frames import csv_text, each_group, each_item
from know.reporting.statistics import Comparison, compare, pooled_std, sample_std

ROW = ["run", "task", "metric", "method", "factor", "horizon"]
"""Columns that tell a row of a table from all others."""
COMPARISON = ["norm_ratio", "cosine", "step_ratio"]
"""How the weights lie to Theta_0: see `know.records.WeightComparison`."""
REFERENCES = ("naive", "same_norms")
"""The two rows that a row is compared with: naive, and Theta_0 at its norms."""

_TABLE = """\
run task metric fraction method stages factor control trials mean std delta_vs_naive \
delta_vs_same_norms norm_ratio cosine step_ratio zero_shot"""
SHORT = dict.fromkeys(["fraction", "stages", "factor"], "g")
POOLED = ["task", "metric", "fraction", "method", "factor"]
"""Columns that tell a row from all others once its seeds are pooled."""
_SEEDS = """\
task metric fraction method stages factor seeds trials_per_seed mean std_over_seeds \
std_over_trials delta_vs_naive std_vs_naive low_vs_naive high_vs_naive \
delta_vs_same_norms std_vs_same_norms low_vs_same_norms high_vs_same_norms zero_shot"""
_TIMES = "run task method factor trials seconds_mean seconds_std"


def collect_trials(scores: Sequence[Score], facts: TableFacts) -> pd.DataFrame:
    """Put scores into one frame, with the averages over tasks if the table has them.

    Returns:
        A line per trial, in the table's order: the columns of `ROW`, `trial`, `value`,
        `seconds`, the columns of `COMPARISON`, and `data`, which tells apart what
        trials read.

    Raises:
        KnowError: naming every trial that lacks a task of the average.
    """
    trials = _frame(scores)
    if facts.average:
        trials = pd.concat([trials, _averages(trials, facts)])
    return facts.in_order(trials, [*ROW, "trial"])


def row_name(row: Any) -> str:
    """Name a row, given by its values of `ROW`, in a message."""
    run, task, metric, method, factor, horizon = row
    return f"{run} {task} {metric} {method} x{factor:g} (horizon {horizon})"


def _frame(scores: Sequence[Score]) -> pd.DataFrame:
    columns = [*ROW, "trial", "value", "seconds", *COMPARISON, "zero_shot", "data"]
    records = []
    for score in scores:
        digests = sorted(score.digests.items())
        data = " ".join(f"{name}={sha}" for name, sha in digests if name != "weights")
        records.append({**vars(score), **vars(score.comparison), "data": data})
    trials = pd.DataFrame.from_records(records, columns=columns)
    return trials.assign(
        factor=trials["factor"].astype(float).round(6),
        zero_shot=trials["zero_shot"].astype(float),
    )


def _averages(trials: pd.DataFrame, facts: TableFacts) -> pd.DataFrame:
    """Mean over the tasks of each trial, as if the average were a task."""
    tasks = [task["task"] for task in facts.tasks]
    shared = trials[trials["metric"].isin(facts.shared_metrics)]
    shared = facts.in_order(shared.assign(part=shared["task"]), ["task"])
    groups = shared.assign(task=AVERAGE).groupby([*ROW, "trial"])
    found = groups["part"].agg(tuple)
    raise_all(
        [
            f"{row_name(row)}: trial {trial} lacks "
            + ", ".join(task for task in tasks if task not in parts)
            for (*row, trial), parts in each_item(found)
            if len(parts) < len(tasks)
        ],
        "an average needs every task in every trial",
    )
    means = dict.fromkeys(["value", "seconds", *COMPARISON], fmean)
    return groups.agg({**means, "zero_shot": "first", "data": " ".join}).reset_index()


def _wide(trials: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lay a column out as rows by trial, with NaN where a row lacks one."""
    rows = pd.MultiIndex.from_frame(trials[ROW].drop_duplicates())
    return trials.pivot(index=ROW, columns="trial", values=column).reindex(rows)


def tabulate(trials: pd.DataFrame, facts: TableFacts) -> pd.DataFrame:
    """Compare every row of `collect_trials` with naive and Theta_0 at the same norms.

    Trials of one run say nothing about another pre-training, so nothing is tested here.

    Returns:
        The table's rows, ordered by run, task, metric, method, then factor: the columns
        of `ROW`; `trials`, `mean`, `std`; `seconds_mean`, `seconds_std`; the mean
        `COMPARISON`; facts about run and method; and `delta_vs_naive`,
        `delta_vs_same_norms`, the means of the differences paired by trial.

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
        # Of the weights, measured before trial 0.
        zero_shot=("zero_shot", "first"),
    )
    for name, reference in references.items():
        differences = values - values.reindex(reference).to_numpy()
        table[f"delta_vs_{name}"] = differences.mean(axis=1)
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
    return csv_text(table, _TABLE, {**SHORT, **dict.fromkeys(COMPARISON, ".6f")})


def times_csv(table: pd.DataFrame, facts: TableFacts) -> str:
    """Render the fine-tuning times of each task, in seconds of wall time per trial."""
    rows = deciding_rows(table, facts)
    return csv_text(rows, _TIMES, SHORT, decimals=3)


def deciding_rows(table: pd.DataFrame, facts: TableFacts) -> pd.DataFrame:
    """Rows of each task's first metric, without averages."""
    first = {(task["task"], task["metrics"][0]) for task in facts.tasks}
    places = zip(table["task"], table["metric"], strict=True)
    return table[[place in first for place in places]]


def over_seeds(table: pd.DataFrame, facts: TableFacts) -> pd.DataFrame:
    """Pool the rows of `tabulate` that differ only in their pre-training seed.

    A seed's difference is the mean over its trials, so seeds are the sample of every
    interval and test.

    Returns:
        A row for each of `POOLED`, in this order: these columns, facts about the
        method, `seeds`, `trials_per_seed`, `mean`, `std_over_seeds`, `std_over_trials`;
        and for each of `REFERENCES` the fields of `Comparison` over seeds, with its
        name behind them (`delta_vs_naive`).

    Raises:
        KnowError: naming every group that holds a seed twice, or whose seeds ran
            different numbers of trials.
    """
    table = facts.in_order(table, [*POOLED, "run"])
    raise_all(
        [
            f"{task} {metric} fraction {fraction:g} {method} x{factor:g}: wanted runs "
            f"of different seeds with equally many trials, {', '.join(rows['run'])} "
            f"have seeds {rows['seed'].to_list()}, trials {rows['trials'].to_list()}"
            for (task, metric, fraction, method, factor), rows in each_group(
                table, POOLED
            )
            if rows["seed"].duplicated().any() or rows["trials"].nunique() > 1
        ],
        "these rows cannot be pooled over seeds",
    )
    groups = table.groupby(POOLED, sort=False)
    seeds = groups.agg(
        **{name: (name, "first") for name in ("stages", "control", "paper_row")},
        seeds=("mean", "size"),
        trials_per_seed=("trials", "first"),
        mean=("mean", fmean),
        std_over_seeds=("mean", sample_std),
        std_over_trials=("std", pooled_std),
        zero_shot=("zero_shot", fmean),
    )
    for name in REFERENCES:
        found = map(compare, groups[f"delta_vs_{name}"].agg(tuple))
        compared = pd.DataFrame(found, seeds.index, Comparison._fields)
        seeds = seeds.join(compared.add_suffix(f"_vs_{name}"))
    return seeds.reset_index()


def seeds_csv(seeds: pd.DataFrame) -> str:
    """Render the table over seeds, in the unit of each metric."""
    return csv_text(seeds, _SEEDS, SHORT)
