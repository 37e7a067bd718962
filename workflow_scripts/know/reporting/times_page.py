"""Table 7 as a page to read."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from know.reporting.facts import TableFacts
from know.reporting.frames import cell, each_group, each_row
from know.reporting.paper import PAPER_TABLES
from know.reporting.statistics import pooled_std
from know.reporting.text import (
    markdown_grid,
    metric_title,
    paragraphs,
    percent,
    plus_minus,
)
from know.reporting.times import PARTS

_LEGEND = """\
Seconds are the wall time of whole jobs as Snakemake measured it, start-up and \
reading included; *downstream* is the time of fine-tuning alone, per trial. Means over \
the pre-training seeds of a row; ± is the standard deviation over trials within a seed \
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
Pre-training and forgetting over pre-training. *Expected* is (1 - r^S) / (1 - r), the \
ratio if time went by data alone: here r = {rate:g}, S = {stages}."""


def times_page(
    rows: pd.DataFrame,
    facts: TableFacts,
    *,
    rate: float,
    stages: int,
    note: str,
    machine: Mapping[str, Any],
) -> str:
    """Render the frame of `tabulate_times` as a Markdown page.

    Seconds and what they reached come first, then measured against expected ratios.
    """
    paper = PAPER_TABLES["table7"]
    paper_rows = {method["method"]: method["paper_row"] for method in facts.methods}
    lines, published = [], []
    key = ["method", "factor", "fraction"]
    for (method, factor, fraction), group in each_group(rows, key):
        row = f"{paper_rows[method]} {percent(fraction)}"
        published.append([paper.cell(row, factor, c) for c in paper.columns])
        parts = [group[f"{part}_seconds"].mean() for part in (*PARTS, "total")]
        reached = plus_minus(group["mean"].mean(), pooled_std(group["std"].to_list()))
        downstream = group["downstream_seconds"].mean()
        seconds = [_short(s) for s in (*parts, downstream)]
        lines.append([method, f"x{factor:g}", percent(fraction), *seconds, reached])
    head = ["method", "factor", "data", *PARTS, "sum", "downstream"]
    head.append(metric_title(facts.metrics[0]))
    if any(map(any, published)):
        head += [f"paper {column}" for column in paper.columns]
        lines = [
            [*ours, *theirs] for ours, theirs in zip(lines, published, strict=True)
        ]
    by_run = rows.dropna(subset="training_ratio").drop_duplicates("run", keep="last")
    ratios = [
        [f"`{row.run}`", f"{row.training_ratio:.3f}", f"{row.geometric_ratio:.3f}"]
        for row in each_row(by_run)
    ]
    return paragraphs(
        [
            "# Table 7",
            note.strip(),
            _LEGEND,
            _MACHINE.format(**machine),
            "## Seconds",
            _PAPER.format(setting=paper.setting) if any(map(any, published)) else "",
            markdown_grid(head, lines),
            "## Forgetting against pre-training",
            _RATIO.format(rate=rate, stages=stages),
            markdown_grid(["run", "measured", "expected"], ratios),
        ]
    )


def _short(seconds: float) -> str:
    """One decimal, two if the time is short."""
    return cell(seconds, ".2f" if seconds < 10 else ",.1f")
