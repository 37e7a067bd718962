"""A table as a page to read, in the paper's layout and beside the paper's numbers."""

import math
from collections.abc import Sequence
from operator import add

import pandas as pd

from know.reporting.facts import TableFacts, is_oracle
from know.reporting.frames import cell, each_row
from know.reporting.paper import PAPER_TABLES, PaperTable
from know.reporting.statistics import SIGNIFICANT
from know.reporting.table import REFERENCES
from know.reporting.text import (
    interval,
    markdown_grid,
    metric_title,
    paragraphs,
    percent,
    plus_minus,
)

_LEGEND = """\
Trials per seed: {trials}; pre-training seeds per cell: {seeds}. A cell is the mean \
over seeds of each seed's mean {metric} ± the standard deviation over trials within a \
seed (root mean square over seeds).

Test: each seed's two-sided paired t-test over trials against naive, combined over the \
seeds of a cell (Stouffer, signed), then Holm corrected over all cells{family}. `*`: \
corrected p < {level} and the mean difference is above naive; `†`: the same, below. A \
mark is evidence about these pre-trainings together, not about others; the spread over \
seeds stands beside each difference and in the table over seeds. Details: \
docs/statistics.md."""
_AVERAGE = """\
*average*: the mean over the tasks, trial number by trial number, and tested as such."""
_PAPER = """\
Columns headed *paper* are the published numbers ({setting}). They are not comparable \
with ours unless ours is that setting too."""
_PAPER_ALONE = """\
The published numbers, {metric} ({setting}). None of our columns is one of theirs."""
_DELTAS = """\
In the unit of the metric, paired by trial. One seed: mean [95 % interval over trials, \
not corrected]. Several seeds: mean over seeds ± standard deviation over seeds."""
_SAME_NORMS = """\
Effect of a method beyond the length of its weights: its difference from Theta_0 \
scaled, tensor by tensor, to the method's norms. Marks are those of this test, also \
combined over seeds, and corrected over its own rows."""


def table_page(
    seeds: pd.DataFrame,
    facts: TableFacts,
    *,
    title: str,
    note: str,
    paper: str,
) -> str:
    """Render the frame of `over_seeds` as a Markdown page.

    For each metric: methods, controls, oracle, then the paired differences. `note` says
    how the numbers were made, `paper` is the id of the published table, if it is one.
    """
    seeds, known = _with_cells(seeds, facts), PAPER_TABLES.get(paper)
    runs = [
        f"- `{run['run']}`: {run['title']}; {percent(run['fraction'])} of the data, "
        f"seed {run['seed']}"
        for run in facts.runs
    ]
    parts = [f"# {title}", note.strip(), _legend(seeds, facts), "\n".join(runs)]
    level, are_beside = "##", False
    for metric in facts.metrics:
        rows = seeds[seeds["metric"] == metric]
        own = known if known and known.metric == metric else None
        published = _published(rows, facts, own)
        are_beside = are_beside or bool(published)
        if len(facts.metrics) > 1:
            name = metric_title(metric)
            parts.append(f"## {name[0].upper()}{name[1:]}")
            level = "###"
        for heading, text, grid in _sections(rows, facts, published, own):
            parts += [f"{level} {heading}", text, grid] if grid else []
    if known and not are_beside:
        metric = metric_title(known.metric)
        text = _PAPER_ALONE.format(metric=metric, setting=known.setting)
        parts += ["## In the paper", text, known.whole()]
    return paragraphs(parts)


def _with_cells(seeds: pd.DataFrame, facts: TableFacts) -> pd.DataFrame:
    """Add the heading of each row's column and the text of its cells, by column."""
    places = zip(seeds["task"], seeds["fraction"], strict=True)
    cells = {"heading": [facts.heading(*place) for place in places]}
    marks = {}
    for name, p_value in REFERENCES.items():
        delta, std, low, high, z = (
            seeds[f"{statistic}_vs_{name}"]
            for statistic in ("delta", "delta_std", "low", "high", "z")
        )
        marks[name] = list(map(_mark, seeds[p_value], z, delta))
        cells[name] = list(map(_difference, delta, std, low, high, marks[name]))
    means = map(plus_minus, seeds["mean"], seeds["std_over_trials"])
    cells["level"] = list(map(add, means, marks["naive"]))
    # The largest fraction comes first.
    seeds = seeds.assign(**cells, place=-seeds["fraction"])
    return facts.in_order(seeds, ["task", "place", "method", "factor"])


def _mark(p_value: float, z: float, delta: float) -> str:
    """Star what the seeds together put above its reference, dagger what below.

    A small but steady difference in one seed can outweigh, in z, a large one of the
    other sign. Where z and the mean difference disagree there is no mark.
    """
    if not p_value < SIGNIFICANT:
        return ""
    if min(delta, z) > 0:
        return " \\*"
    return " †" if max(delta, z) < 0 else ""


def _difference(delta: float, std: float, low: float, high: float, mark: str) -> str:
    spread = interval(low, high) if math.isnan(std) else f" ± {std:.2f}"
    return f"{delta:+z.2f}{spread}{mark}"


def _legend(seeds: pd.DataFrame, facts: TableFacts) -> str:
    is_single = len(facts.metrics) == 1
    legend = _LEGEND.format(
        trials=" or ".join(map(str, sorted(seeds["trials_per_seed"].unique()))),
        seeds=" or ".join(map(str, sorted(seeds["seeds"].unique()))),
        metric=metric_title(facts.metrics[0]) if is_single else "of the metric",
        family="" if is_single else " of the metric",
        level=SIGNIFICANT,
    )
    return f"{legend}\n\n{_AVERAGE}" if facts.average else legend


def _published(
    rows: pd.DataFrame, facts: TableFacts, paper: PaperTable | None
) -> list[str]:
    """The paper's columns that hold a number for any row of ours."""
    if not paper:
        return []
    own = {column["task"]: column["paper_column"] for column in facts.columns}
    found = {
        column: None
        for row in each_row(rows)
        if (column := paper.column(own[row.task], row.fraction))
        and paper.cell(row.paper_row, row.factor, column, row.stages)
    }
    return list(found)


def _sections(
    rows: pd.DataFrame,
    facts: TableFacts,
    published: Sequence[str],
    paper: PaperTable | None,
) -> list[tuple[str, str, str]]:
    """Heading, text and grid of each section of one metric."""
    oracle, control = rows["method"].map(is_oracle), rows["control"] == "yes"
    compared = rows.dropna(subset="delta_vs_naive")
    normed = rows.dropna(subset="delta_vs_same_norms")
    beside = _PAPER.format(setting=paper.setting) if paper and published else ""
    methods = _grid(rows[~oracle & ~control], facts, "level", published, paper)
    oracles = _grid(rows[oracle], facts, "level")
    return [
        ("Methods", beside, methods),
        ("Controls", "", _grid(rows[~oracle & control], facts, "level")),
        ("Oracle (truly trained on more data)", "", oracles),
        ("Difference from naive", _DELTAS, _grid(compared, facts, "naive")),
        (
            "Difference from Theta_0 at the same norms",
            _SAME_NORMS + " " + _DELTAS,
            _grid(normed, facts, "same_norms"),
        ),
    ]


def _grid(
    rows: pd.DataFrame,
    facts: TableFacts,
    content: str,
    published: Sequence[str] = (),
    paper: PaperTable | None = None,
) -> str:
    """Lay cells out as (method, factor) by column; nothing where there are none."""
    if rows.empty:
        return ""
    columns = list(rows["heading"].unique())
    line = ["method", "factor"]
    cells = rows.pivot(index=line, columns="heading", values=content).fillna("")
    grid = []
    for row in each_row(facts.in_order(rows.drop_duplicates(line), line)):
        stages = [cell(row.stages, "g")] if facts.compares_stages else []
        ours = cells.loc[[(row.method, row.factor)], columns]
        theirs = [
            paper.cell(row.paper_row, row.factor, column, row.stages)
            for column in published
            if paper
        ]
        grid.append([row.method, *stages, f"x{row.factor:g}", *ours.iloc[0], *theirs])
    head = ["method", *(["S"] if facts.compares_stages else []), "factor", *columns]
    return markdown_grid(head + [f"paper {column}" for column in published], grid)
