"""Selections beside the best choice downstream: one row per run and task."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from know.errors import raise_all
from know.reporting.facts import TableFacts
from know.reporting.frames import csv_text, each_item, read_csv
from know.reporting.statistics import SIGNIFICANT, Comparison, compare, holm
from know.reporting.table import REFERENCES, deciding_rows
from know.selection_record import Selection

_SELECTION = """\
task run method trials candidates pick horizon probe_gain gain p_value \
delta_vs_same_norms p_value_same_norms best best_horizon best_gain regret rank right"""
_NUMBERS = (
    "probe_gain gain p_value delta_vs_same_norms p_value_same_norms best_gain regret"
)
_KEY = ["task", "run", "method", "horizon"]


def tabulate_selections(
    trials: pd.DataFrame,
    table: pd.DataFrame,
    selections: Sequence[Selection],
    facts: TableFacts,
) -> pd.DataFrame:
    """Compare each selection with the downstream rows of all its candidates.

    Each task is judged by its first metric. The selecting method's own row stands for
    its choice. A candidate is significantly better if its two-sided paired t-test
    against that row, Holm corrected over the other candidates of the run, has p < 0.05
    and its mean difference is above zero.

    Returns:
        A row for each task and selection, in their order. Gains are in percent points:
        `probe_gain` of the choice over naive in the probe, `gain` of the selecting
        method over naive downstream, and `delta_vs_same_norms` of the choice over
        Theta_0 at its norms, both with uncorrected p-values. `best` is the candidate
        with the highest mean downstream, known only in hindsight, and `best_gain` is
        too high, as the highest of many means always is. `regret` is `best_gain` less
        `gain`; `rank` is the place of the choice among the candidates, 1 being best.
        `right` is `yes` if no candidate is significantly better than the choice; it is
        missing for a single trial.
    """
    values = deciding_rows(trials, facts).pivot(
        index=_KEY, columns="trial", values="value"
    )
    rows = deciding_rows(table, facts).set_index(_KEY)
    return pd.DataFrame(
        _judged(task["task"], selection, values, rows)
        for task in facts.tasks
        for selection in selections
    )


def _judged(
    task: str, selection: Selection, values: pd.DataFrame, rows: pd.DataFrame
) -> dict[str, Any]:
    own: Any = (task, selection.run, selection.method, 0)
    chosen: Any = (task, selection.run, selection.pick, selection.horizon)
    probed = {
        (task, selection.run, c.method, c.horizon): c.difference
        for c in selection.candidates
    }
    others = [key for key in probed if key != chosen]
    differences = values.loc[others].to_numpy() - values.loc[own].to_numpy()
    found = pd.DataFrame(
        map(compare, differences), pd.Index(others), Comparison._fields
    )
    better = (holm(found["p"]) < SIGNIFICANT) & (found["delta"] > 0)
    ahead = found["delta"][found["delta"] > 0]
    best: Any = ahead.idxmax() if len(ahead) else chosen
    regret = ahead.max() if len(ahead) else 0.0
    entry, same_norms = rows.loc[own], rows.loc[chosen]
    return {
        "task": task,
        "run": selection.run,
        "method": selection.method,
        "trials": entry["trials"],
        "candidates": len(probed),
        "pick": selection.pick,
        "horizon": selection.horizon,
        "probe_gain": probed[chosen],
        "gain": entry["delta_vs_naive"],
        "p_value": entry["p_vs_naive"],
        "delta_vs_same_norms": same_norms["delta_vs_same_norms"],
        "p_value_same_norms": same_norms["p_vs_same_norms"],
        "best": best[2],
        "best_horizon": best[3],
        "best_gain": entry["delta_vs_naive"] + regret,
        "regret": regret,
        "rank": 1 + len(ahead),
        "right": None if found["p"].isna().any() else "no" if better.any() else "yes",
    }


def selection_csv(rows: pd.DataFrame) -> str:
    """Render the rows, gains in percent points."""
    return csv_text(rows, _SELECTION, dict.fromkeys(REFERENCES.values(), ".6f"))


def read_selection_csv(paths: Iterable[Path]) -> pd.DataFrame:
    """Read files of `selection_csv`, such as those of several configs.

    Raises:
        KnowError: naming every file that is no such table, and every row that is
            there twice, which would count as two pairs.
    """
    tables: list[pd.DataFrame] = []
    problems: list[str] = []
    for path in paths:
        try:
            tables.append(_checked(read_csv(path)))
        except (OSError, ValueError) as error:
            problems.append(f"{path} is no table of selections: {error}")
    rows = pd.concat(tables) if tables else pd.DataFrame(columns=_SELECTION.split())
    counts = rows.groupby(_SELECTION.split(), dropna=False).size()
    problems += [
        f"{task} {run} {method} is there {count} times"
        for (task, run, method, *_), count in each_item(counts[counts > 1])
    ]
    raise_all(problems, "these tables cannot be pooled")
    return rows


def _checked(rows: pd.DataFrame) -> pd.DataFrame:
    lacking = [name for name in _SELECTION.split() if name not in rows]
    if lacking:
        raise ValueError(f"it has no column {', '.join(lacking)}")
    verdicts = set(rows["right"].dropna()) - {"yes", "no"}
    if verdicts:
        raise ValueError(f"right is yes, no or empty, found {sorted(verdicts)}")
    return rows.astype(dict.fromkeys(_NUMBERS.split(), float))
