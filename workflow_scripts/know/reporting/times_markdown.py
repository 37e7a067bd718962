"""Table 7 as a page to read."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from know.reporting.facts import TableFacts
from know.reporting.metrics import metric_title
from know.reporting.paper_numbers import PAPER_TIMES, PAPER_TIMES_SETTING
from know.reporting.statistics import pooled_std
from know.reporting.text import decimals, markdown_grid, percent, plus_minus
from know.reporting.times import PARTS, Schedule, TimedRow

_LEGEND = """\
Seconds are the wall time of whole jobs as Snakemake measured it, start-up and \
reading included; *downstream* is that of fine-tuning alone, a trial. Means over the \
pre-training seeds of a row; ± is the standard deviation over trials within a seed \
(root mean square over seeds). *Storing* puts the stages of a trajectory into one \
store. One job predicts every horizon, so its time stands in the row of each. A job \
that was killed and resumed counts from where it resumed."""
_MACHINE = """\
This page was made on {processor}, {cores} cores, {system}; on a cluster its jobs may \
have run elsewhere."""
_PAPER = """\
Columns headed *paper* are the published Table 7 ({setting}); its training time is \
that of pre-training and forgetting together."""
_RATIO = """\
Pre-training and forgetting over pre-training. *Expected* is (1 - r^S) / (1 - r), what \
it would be if time went by data alone: here r = {rate:g}, S = {stages}."""

Key = tuple[str, float, float]
"""Method, factor and fraction."""


def times_page(
    rows: Sequence[TimedRow],
    facts: TableFacts,
    schedule: Schedule,
    *,
    note: str,
    machine: Mapping[str, Any],
) -> str:
    """Render Table 7 for people.

    Args:
        rows: of `collect_times`.
        facts: of the table whose rows they are.
        schedule: of the forgetting of all runs.
        note: what setting the numbers come from.
        machine: processor, cores and system of this machine.

    Returns:
        A Markdown page: seconds and what they reached, then measured against expected.
    """
    groups: dict[Key, list[TimedRow]] = {}
    for row in rows:
        key = row.method, row.factor, row.run.fraction
        groups.setdefault(key, []).append(row)
    published = {key: paper for key in groups if (paper := _paper(key, facts))}
    parts = [
        "# Table 7",
        note.strip(),
        _LEGEND,
        _MACHINE.format(**machine),
        "## Seconds",
        _PAPER.format(setting=PAPER_TIMES_SETTING) if published else "",
        _seconds(groups, published),
        "## Forgetting against pre-training",
        _RATIO.format(rate=schedule.rate, stages=schedule.stages),
        _ratios(rows, schedule),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _paper(key: Key, facts: TableFacts) -> list[str] | None:
    """The paper's training time, prediction time and accuracy for a row of ours."""
    method, factor, fraction = key
    row = next(f.paper_row for f in facts.methods if f.method == method)
    found = PAPER_TIMES.get((row or "", factor, percent(fraction)))
    if not found:
        return None
    seconds = (found.training, found.prediction)
    return [*(_short(s) for s in seconds), decimals(found.accuracy, 2)]


def _seconds(
    groups: Mapping[Key, Sequence[TimedRow]], published: Mapping[Key, Sequence[str]]
) -> str:
    some = next(iter(groups.values()))[0]
    head = ["method", "factor", "data", *PARTS, "sum", "downstream"]
    head.append(metric_title(some.metric))
    paper = ["paper training", "paper prediction", "paper accuracy (%)"]
    lines = []
    for key, rows in groups.items():
        parts = [[row.seconds.get(part) for row in rows] for part in PARTS]
        spread = pooled_std([row.std for row in rows])
        lines.append(
            [
                *(key[0], f"x{key[1]:g}", percent(key[2])),
                *(_mean(seconds) for seconds in parts),
                _mean([row.total for row in rows]),
                _mean([row.downstream for row in rows]),
                plus_minus(fmean(row.mean for row in rows), spread),
                *(published.get(key, [""] * 3) if published else []),
            ]
        )
    return markdown_grid(head + (paper if published else []), lines)


def _ratios(rows: Sequence[TimedRow], schedule: Schedule) -> str:
    by_run = {row.run.run: row.ratio for row in rows if row.ratio is not None}
    return markdown_grid(
        ["run", "measured", "expected"],
        [
            [f"`{run}`", decimals(ratio, 3), decimals(schedule.ratio, 3)]
            for run, ratio in by_run.items()
        ],
    )


def _mean(seconds: Sequence[float | None]) -> str:
    known = [s for s in seconds if s is not None]
    return _short(fmean(known)) if known else ""


def _short(seconds: float | None) -> str:
    """One decimal, two of what is short."""
    if seconds is None:
        return ""
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:,.1f}"
