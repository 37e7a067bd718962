"""Scores as one tidy frame, a line per trial, checked against a table's facts."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd

from know.errors import raise_all
from know.records import Score
from know.reporting.facts import AVERAGE, TableFacts
from know.reporting.frames import each_item, each_row, misfits

ROW = ["run", "task", "metric", "method", "factor", "horizon"]
"""Columns that tell a row of a table from all others."""
COMPARISON = ["norm_ratio", "cosine", "step_ratio"]
"""How the weights lie to Theta_0: see `know.records.WeightComparison`."""


def collect_trials(scores: Sequence[Score], facts: TableFacts) -> pd.DataFrame:
    """Put scores into one frame, with the averages over tasks if the table has them.

    Returns:
        A line per trial, in the table's order: the columns of `ROW`, `trial`, `value`,
        `seconds`, the columns of `COMPARISON`, and `data`, which tells apart what
        trials read.

    Raises:
        KnowError: naming every record that does not belong or is not finite, every
            trial that lacks a task of the average, and everything that is listed but
            was never scored.
    """
    trials = _frame(scores)
    wrong = trials[~np.isfinite(trials["value"])]
    raise_all(
        [
            *misfits("run", trials["run"], [run["run"] for run in facts.runs]),
            *misfits("method", trials["method"], [m["method"] for m in facts.methods]),
            *misfits(
                "metric",
                trials["metric"] + " of task " + trials["task"],
                [
                    f"{metric} of task {task['task']}"
                    for task in facts.tasks
                    for metric in task["metrics"]
                ],
            ),
            *(
                f"{row_name(row)}: trial {trial} scored {value}"
                for *row, trial, value in each_row(wrong[[*ROW, "trial", "value"]])
            ),
        ],
        "these scores do not make a table",
    )
    if facts.average:
        trials = pd.concat([trials, _averages(trials, facts)])
    return facts.in_order(trials, [*ROW, "trial"])


def row_name(row: Any) -> str:
    """Name a row, given by its values of `ROW`, in a message."""
    run, task, metric, method, factor, horizon = row
    return f"{run} {task} {metric} {method} x{factor:g} (horizon {horizon})"


def _frame(scores: Sequence[Score]) -> pd.DataFrame:
    columns = [*ROW, "trial", "value", "seconds", *COMPARISON, "data"]
    records = []
    for score in scores:
        digests = sorted(score.digests.items())
        data = " ".join(f"{name}={sha}" for name, sha in digests if name != "weights")
        records.append({**vars(score), **vars(score.comparison), "data": data})
    trials = pd.DataFrame.from_records(records, columns=columns)
    return trials.assign(factor=trials["factor"].astype(float).round(6))


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
    return groups.agg({**means, "data": " ".join}).reset_index()
