"""What selecting was worth over many pairs of a run and a task, as a page to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from know.errors import KnowError
from know.reporting.facts import NAIVE
from know.reporting.selection import SIGNIFICANT, PickRow
from know.reporting.statistics import PairedComparison, compare_pairs
from know.reporting.text import markdown_grid

_LEGEND = f"""\
A pair is one run and one downstream task. The pick was made by a probe on \
pre-training data alone; everything else here was measured downstream afterwards. \
Gains are paired over trials, in percent points.

- **picked the best**: no candidate, naive among them, has a higher mean downstream; \
in brackets how often a blind pick would. With few trials the best is partly luck, and \
its gain too high.
- **right**: no candidate is significantly better than the pick (two-sided paired \
t-test over trials, Holm corrected over the pair's candidates, p < {SIGNIFICANT}).
- **below naive**, **above naive**: significantly so (two-sided paired t-test over \
trials, not corrected, p < {SIGNIFICANT}). A pair of one trial is counted neither here \
nor in *right*.
- **gain**: mean over pairs [95 % t-interval over pairs, taken as independent].
- **same norms**: gain of the pick over Theta_0 scaled to the pick's norms, over the \
pairs whose table has that control.

Details: docs/selection.md."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What one selecting method did over several pairs."""

    method: str
    task: str
    """`all` for every task together."""
    rows: tuple[PickRow, ...]

    @property
    def num_naive(self) -> int:
        """Pairs in which naive was picked."""
        return sum(row.pick == NAIVE for row in self.rows)

    @property
    def num_best(self) -> int:
        """Pairs in which the pick was the best in hindsight."""
        return sum(row.rank == 1 for row in self.rows)

    @property
    def num_best_by_chance(self) -> float:
        """What a blind pick would have on average."""
        return sum(1 / row.candidates for row in self.rows)

    @property
    def tested(self) -> tuple[PickRow, ...]:
        """Pairs with more than one trial."""
        return tuple(row for row in self.rows if row.is_right is not None)

    @property
    def gain(self) -> PairedComparison:
        """Mean gain over naive, its interval and its test over pairs."""
        gains = {number: row.gain for number, row in enumerate(self.rows)}
        return compare_pairs(gains, dict.fromkeys(gains, 0.0))

    @property
    def same_norms_gains(self) -> list[float]:
        """Gain of the pick over Theta_0 at its norms, where it is known."""
        found = [row.same_norms_gain for row in self.rows]
        return [gain for gain in found if gain is not None]


def summarise(rows: Sequence[PickRow]) -> list[Summary]:
    """Pool pairs by selecting method: over all tasks, then over each.

    Args:
        rows: pairs, of one table or of several.

    Returns:
        Methods, and tasks within one, by their first appearance; the tasks only where
        a method has several.
    """
    summaries = []
    for method in dict.fromkeys(row.method for row in rows):
        own = tuple(row for row in rows if row.method == method)
        tasks = list(dict.fromkeys(row.task for row in own))
        summaries.append(Summary(method=method, task="all", rows=own))
        summaries += [
            Summary(
                method=method, task=task, rows=tuple(r for r in own if r.task == task)
            )
            for task in tasks
            if len(tasks) > 1
        ]
    return summaries


def selection_page(rows: Sequence[PickRow]) -> str:
    """Render a summary of all pairs, and each of them.

    Args:
        rows: pairs, of one table or of several.

    Raises:
        KnowError: if there is no pair.
    """
    if not rows:
        raise KnowError("a summary of selections needs at least one pair, found none")
    parts = [
        "# Selection",
        _LEGEND,
        "## Summary",
        markdown_grid(
            _SUMMARY_HEAD, [_summary_cells(summary) for summary in summarise(rows)]
        ),
        "## Pairs",
        markdown_grid(_PAIR_HEAD, [_pair_cells(row) for row in rows]),
    ]
    return "\n\n".join(parts) + "\n"


_SUMMARY_HEAD = (
    "method",
    "task",
    "pairs",
    "naive picked",
    "picked the best",
    "right",
    "below naive",
    "above naive",
    "gain",
    "same norms",
    "best's gain",
    "regret",
)
_PAIR_HEAD = (
    "task",
    "run",
    "method",
    "pick",
    "gain",
    "p",
    "same norms",
    "best",
    "best's gain",
    "regret",
    "rank",
    "right",
)


def _summary_cells(summary: Summary) -> list[str]:
    tested, gain = summary.tested, summary.gain
    norms = summary.same_norms_gains
    interval = "" if gain.low is None else f" [{gain.low:+z.2f}, {gain.high:+z.2f}]"
    return [
        summary.method,
        summary.task,
        str(len(summary.rows)),
        str(summary.num_naive),
        f"{summary.num_best} ({summary.num_best_by_chance:.1f})",
        f"{sum(row.is_right is True for row in tested)} of {len(tested)}",
        f"{sum(row.is_below_naive for row in tested)} of {len(tested)}",
        f"{sum(row.is_above_naive for row in tested)} of {len(tested)}",
        f"{gain.mean:+z.2f}{interval}",
        f"{fmean(norms):+z.2f} (n = {len(norms)})" if norms else "",
        f"{fmean(row.best_gain for row in summary.rows):+z.2f}",
        f"{fmean(row.regret for row in summary.rows):.2f}",
    ]


def _pair_cells(row: PickRow) -> list[str]:
    return [
        row.task,
        row.run,
        row.method,
        _candidate(row.pick, row.horizon),
        f"{row.gain:+z.2f}",
        _optional(row.p_value, ".3f"),
        _optional(row.same_norms_gain, "+z.2f"),
        _candidate(row.best, row.best_horizon),
        f"{row.best_gain:+z.2f}",
        f"{row.regret:z.2f}",
        f"{row.rank} of {row.candidates}",
        {True: "yes", False: "no", None: ""}[row.is_right],
    ]


def _candidate(method: str, horizon: int) -> str:
    return f"{method}, n = {horizon}" if horizon else method


def _optional(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
