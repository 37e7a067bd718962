"""Selections and what they gain downstream: one row per run and task."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from know.errors import raise_all
from know.reporting.facts import NAIVE, TableFacts
from know.reporting.frames import (
    cell,
    csv_text,
    each_group,
    each_row,
    not_as_planned,
)
from know.reporting.statistics import SIGNIFICANT, compare
from know.reporting.table import deciding_rows, tabulate
from know.reporting.text import interval, markdown_grid, paragraphs
from know.selection_record import Selection, leader_of

_SELECTION = """\
task run seed method default pick candidates leader probe_difference probe_error \
detectable trials gain p_value"""
_LEGEND = f"""\
A selecting method recommends its default, or the leader of a probe on pre-training \
data if that is proved better. The gain is measured downstream afterwards, over naive \
and in percent points. A pair is one run and one task.

- **left the default**: selections in which the probe proved the leader better.
- **below naive**, **above naive**: pairs that are significantly so (two-sided paired \
t-test over trials, not corrected, p < {SIGNIFICANT}).
- **gain**: mean over pre-training seeds [95 % t-interval over seeds], the tasks and \
trials of a seed averaged first.

Details: docs/selection.md."""


def check_selected(
    selections: Sequence[Selection], planned: Sequence[Mapping[str, str]]
) -> None:
    """Demand the selection of every planned `run` and `method` once, and no other.

    Raises:
        KnowError: naming every selection that is missing, there twice, or not planned.
    """
    wrong = not_as_planned(
        ((each.run, each.method) for each in selections),
        ((each["run"], each["method"]) for each in planned),
    )
    raise_all(
        [f"{run} {method}: {what}" for (run, method), what in wrong.items()],
        "the selections are not those that the table wants; delete the files of these, "
        "results/selected/{run}/{method}.*, and run again",
    )


def tabulate_selections(
    trials: pd.DataFrame, selections: Sequence[Selection], facts: TableFacts
) -> pd.DataFrame:
    """Put each selection beside its gain over naive downstream.

    Each task is judged by its first metric.

    Returns:
        A row for each task and selection, in their order. `probe_difference` of the
        leader from the default has the standard error `probe_error`; `detectable` is
        the largest difference of any candidate that the probe would have proved with
        80 % power. `gain` is the mean difference from naive in percent points, paired
        by trial, with the p-value of the two-sided t-test over trials, not corrected.

    Raises:
        KnowError: naming every row that has no such pairs, as `tabulate`.
    """
    place = ["task", "run", "method"]
    table = tabulate(trials, facts).query("horizon == 0")
    trials = trials.query("horizon == 0")
    values = deciding_rows(trials, facts).pivot(
        index=place, columns="trial", values="value"
    )
    rows = deciding_rows(table, facts).set_index(place)
    return pd.DataFrame(
        _row((task["task"], selection.run), selection, values, rows)
        for task in facts.tasks
        for selection in selections
    )


def _row(
    place: tuple[str, str],
    selection: Selection,
    values: pd.DataFrame,
    rows: pd.DataFrame,
) -> dict[str, Any]:
    task, run = place
    method, default = selection.method, selection.default
    own: Any = (*place, method)
    naive: Any = (*place, NAIVE)
    entry, leader = rows.loc[own], leader_of(selection.candidates, default)
    return {
        "task": task,
        "run": run,
        "seed": entry["seed"],
        "method": method,
        "default": default,
        "pick": selection.pick,
        "candidates": len(selection.candidates),
        "leader": leader.method,
        "probe_difference": leader.difference,
        "probe_error": leader.standard_error,
        "detectable": max(each.detectable or 0.0 for each in selection.candidates),
        "trials": entry["trials"],
        "gain": entry["delta_vs_naive"],
        "p_value": compare(values.loc[own] - values.loc[naive]).p,
    }


def selection_csv(rows: pd.DataFrame) -> str:
    """Render the rows, differences in percent points."""
    return csv_text(rows, _SELECTION, {"p_value": ".6f"})


def selection_page(rows: pd.DataFrame) -> str:
    """Render rows of `tabulate_selections` as a Markdown page."""
    first = rows.drop_duplicates(["method", "run"])
    choices = [[row.method, row.run, _choice(row)] for row in each_row(first)]
    pairs = [
        [row.method, row.task, row.run, f"{row.gain:+z.2f}", cell(row.p_value, "z.3f")]
        for row in each_row(rows)
    ]
    summary = "method task pairs seeds left_the_default below_naive above_naive gain"
    return paragraphs(
        [
            *("# Selection", _LEGEND),
            *("## Summary", markdown_grid(_words(summary), _summaries(rows))),
            *("## Choices", markdown_grid(["method", "run", "choice"], choices)),
            *("## Gains", markdown_grid(_words("method task run gain p"), pairs)),
        ]
    )


def _words(names: str) -> list[str]:
    return [name.replace("_", " ") for name in names.split()]


def _summaries(rows: pd.DataFrame) -> Iterator[list[str]]:
    """Yield a line per selecting method, and per task where there are several."""
    for method, own in each_group(rows, "method"):
        yield _summary(method, "all", own)
        parts = list(each_group(own, "task"))
        for task, part in parts if len(parts) > 1 else ():
            yield _summary(method, task, part)


def _summary(method: str, task: str, rows: pd.DataFrame) -> list[str]:
    choices = rows.drop_duplicates("run")
    significant = rows["gain"][rows["p_value"] < SIGNIFICANT]
    gain = compare(rows.groupby("seed")["gain"].mean())
    return [
        *(method, task, str(len(rows)), str(rows["seed"].nunique())),
        f"{(choices['pick'] != choices['default']).sum()} of {len(choices)}",
        *(str((significant < 0).sum()), str((significant > 0).sum())),
        f"{gain.delta:+z.2f}{interval(gain.low, gain.high)}",
    ]


def _choice(row: Any) -> str:
    found = f"{row.probe_difference:+z.2f} ± {row.probe_error:.2f}"
    if row.pick != row.default:
        return f"chose {row.pick} ({found}, could have seen {row.detectable:.2f})"
    return (
        f"kept {row.default}; {row.leader} {found}, differences under "
        f"{row.detectable:.2f} would not show"
    )
