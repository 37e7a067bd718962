"""Selections beside the best choice downstream: one row per run and task."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from know.errors import KnowError, raise_all
from know.reporting.facts import NAIVE, TableFacts
from know.reporting.frames import (
    cell,
    csv_text,
    each_group,
    each_item,
    each_row,
    read_csv,
)
from know.reporting.statistics import SIGNIFICANT, Comparison, compare, holm
from know.reporting.table import deciding_rows
from know.reporting.text import interval, markdown_grid, paragraphs
from know.selection_record import Selection

_SELECTION = """\
task run method trials candidates pick horizon probe_gain gain p_value \
delta_vs_same_norms best best_horizon best_gain regret rank right"""
_NUMBERS = "probe_gain gain p_value delta_vs_same_norms best_gain regret"
_KEY = ["task", "run", "method", "horizon"]
_LEGEND = f"""\
A pair is one run and one downstream task. The choice was made by a probe on \
pre-training data alone; everything else here was measured downstream afterwards. \
Gains are paired over trials, in percent points.

- **chose the best**: no candidate, naive included, has a higher mean downstream; in \
brackets how often a blind choice would be the best. With few trials the best is \
partly luck, and its gain too high.
- **right**: no candidate is significantly better than the choice (two-sided paired \
t-test over trials, Holm corrected over the pair's candidates, p < {SIGNIFICANT}).
- **below naive**, **above naive**: significantly so (two-sided paired t-test over \
trials, not corrected, p < {SIGNIFICANT}). A pair with one trial counts neither here \
nor in *right*.
- **gain**: mean over pairs [95 % t-interval over pairs, taken as independent].
- **same norms**: gain of the choice over Theta_0 scaled to its norms, over the pairs \
whose table has that control.

Details: docs/selection.md."""


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
        method over naive downstream, with an uncorrected p-value over trials, and
        `delta_vs_same_norms` of the choice over Theta_0 at its norms. `best` is the
        candidate with the highest mean downstream, known only in hindsight, and
        `best_gain` is too high, as the highest of many means always is. `regret` is
        `best_gain` less `gain`; `rank` is the place of the choice among the candidates,
        1 being best.
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
    naive: Any = (task, selection.run, NAIVE, 0)
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
        "p_value": compare(values.loc[own] - values.loc[naive]).p,
        "delta_vs_same_norms": same_norms["delta_vs_same_norms"],
        "best": best[2],
        "best_horizon": best[3],
        "best_gain": entry["delta_vs_naive"] + regret,
        "regret": regret,
        "rank": 1 + len(ahead),
        "right": None if found["p"].isna().any() else "no" if better.any() else "yes",
    }


def selection_csv(rows: pd.DataFrame) -> str:
    """Render the rows, gains in percent points."""
    return csv_text(rows, _SELECTION, {"p_value": ".6f"})


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


def selection_page(rows: pd.DataFrame) -> str:
    """Render rows of `tabulate_selections` as a Markdown page.

    A line per selecting method over all tasks, and per task if there are several; then
    a line per pair.

    Raises:
        KnowError: if there is no pair.
    """
    if rows.empty:
        raise KnowError("a summary of selections needs at least one pair, found none")
    summaries = []
    for method, own in each_group(rows, "method"):
        summaries.append(_summary(method, "all", own))
        if own["task"].nunique() > 1:
            parts = each_group(own, "task")
            summaries += [_summary(method, task, part) for task, part in parts]
    pairs = [_pair(row) for row in each_row(rows)]
    return paragraphs(
        [
            *("# Selection", _LEGEND),
            *("## Summary", markdown_grid(summaries[0], map(dict.values, summaries))),
            *("## Pairs", markdown_grid(pairs[0], map(dict.values, pairs))),
        ]
    )


def _summary(method: str, task: str, rows: pd.DataFrame) -> dict[str, str]:
    tested = rows.dropna(subset="right")
    count = len(tested)
    significant = tested[tested["p_value"] < SIGNIFICANT]
    gain, norms = compare(rows["gain"]), rows["delta_vs_same_norms"].dropna()
    by_chance = (1 / rows["candidates"]).sum()
    return {
        "method": method,
        "task": task,
        "pairs": str(len(rows)),
        "chose naive": str((rows["pick"] == NAIVE).sum()),
        "chose the best": f"{(rows['rank'] == 1).sum()} ({by_chance:.1f})",
        "right": f"{(tested['right'] == 'yes').sum()} of {count}",
        "below naive": f"{(significant['gain'] < 0).sum()} of {count}",
        "above naive": f"{(significant['gain'] > 0).sum()} of {count}",
        "gain": f"{gain.delta:+z.2f}{interval(gain.low, gain.high)}",
        "same norms": f"{norms.mean():+z.2f} (n = {len(norms)})" if len(norms) else "",
        "best's gain": f"{rows['best_gain'].mean():+z.2f}",
        "regret": f"{rows['regret'].mean():.2f}",
    }


def _pair(row: Any) -> dict[str, str]:
    return {
        "task": row.task,
        "run": row.run,
        "method": row.method,
        "choice": _candidate(row.pick, row.horizon),
        "gain": f"{row.gain:+z.2f}",
        "p": cell(row.p_value, "z.3f"),
        "same norms": cell(row.delta_vs_same_norms, "+z.2f"),
        "best": _candidate(row.best, row.best_horizon),
        "best's gain": f"{row.best_gain:+z.2f}",
        "regret": f"{row.regret:z.2f}",
        "rank": f"{row.rank} of {row.candidates}",
        "right": cell(row.right, ""),
    }


def _candidate(method: str, horizon: int) -> str:
    return f"{method}, n = {horizon}" if horizon else method
