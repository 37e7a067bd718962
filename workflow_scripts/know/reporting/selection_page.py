"""The worth of selecting, over many pairs of a run and a task, as a page to read."""

from collections.abc import Iterator
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
_SUMMARY = (
    *("method", "task", "pairs", "chose naive", "chose the best", "right"),
    *("below naive", "above naive", "gain", "same norms", "best's gain", "regret"),
)
_PAIRS = (
    *("task", "run", "method", "choice", "gain", "p", "same norms", "best"),
    *("best's gain", "regret", "rank", "right"),
)


def selection_page(rows: pd.DataFrame) -> str:
    """Render rows of `tabulate_selections` as a Markdown page.

    A line per selecting method over all tasks, and per task if there are several; then
    a line per pair.

    Raises:
        KnowError: if there is no pair.
    """
    if rows.empty:
        raise KnowError("a summary of selections needs at least one pair, found none")
    summaries = [_summary(*group) for group in _groups(rows)]
    pairs = [_pair(row) for row in each_row(rows)]
    return paragraphs(
        [
            *("# Selection", _LEGEND),
            *("## Summary", markdown_grid(_SUMMARY, summaries)),
            *("## Pairs", markdown_grid(_PAIRS, pairs)),
        ]
    )


def _groups(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    for method, own in each_group(rows, "method"):
        yield method, "all", own
        if own["task"].nunique() > 1:
            for task, part in each_group(own, "task"):
                yield method, task, part


def _summary(method: str, task: str, rows: pd.DataFrame) -> list[str]:
    tested = rows.dropna(subset="right")
    count = len(tested)
    significant = tested[tested["p_value"] < SIGNIFICANT]
    gain, norms = compare(rows["gain"]), rows["delta_vs_same_norms"].dropna()
    by_chance = (1 / rows["candidates"]).sum()
    return [
        method,
        task,
        str(len(rows)),
        str((rows["pick"] == NAIVE).sum()),
        f"{(rows['rank'] == 1).sum()} ({by_chance:.1f})",
        f"{(tested['right'] == 'yes').sum()} of {count}",
        f"{(significant['gain'] < 0).sum()} of {count}",
        f"{(significant['gain'] > 0).sum()} of {count}",
        f"{gain.delta:+z.2f}{interval(gain.low, gain.high)}",
        f"{norms.mean():+z.2f} (n = {len(norms)})" if len(norms) else "",
        f"{rows['best_gain'].mean():+z.2f}",
        f"{rows['regret'].mean():.2f}",
    ]


def _pair(row: Any) -> list[str]:
    return [
        row.task,
        row.run,
        row.method,
        _candidate(row.pick, row.horizon),
        f"{row.gain:+z.2f}",
        cell(row.p_value, "z.3f"),
        cell(row.delta_vs_same_norms, "+z.2f"),
        _candidate(row.best, row.best_horizon),
        f"{row.best_gain:+z.2f}",
        f"{row.regret:z.2f}",
        f"{row.rank} of {row.candidates}",
        cell(row.right, ""),
    ]


def _candidate(method: str, horizon: int) -> str:
    return f"{method}, n = {horizon}" if horizon else method
