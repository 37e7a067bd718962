"""The worth of selecting, over many pairs of a run and a task, as a page to read."""

from typing import Any

import pandas as pd

from know.errors import KnowError
from know.reporting.facts import NAIVE
from know.reporting.frames import cell, each_group, each_row
from know.reporting.statistics import SIGNIFICANT, compare
from know.reporting.text import interval, markdown_grid, paragraphs

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
