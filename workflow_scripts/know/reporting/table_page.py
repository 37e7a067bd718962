"""A table as a page to read, in the paper's layout and beside the paper's numbers."""

from collections.abc import Sequence

import pandas as pd

from know.reporting.facts import TableFacts, is_oracle
from know.reporting.frames import cell, each_row
from know.reporting.paper import PAPER_TABLES, PaperTable
from know.reporting.table import POOLED, REFERENCES
from know.reporting.text import (
    interval,
    markdown_grid,
    metric_title,
    paragraphs,
    percent,
    plus_minus,
)
from know.reporting.verdict import BETTER, WORSE, judge, verdict_text

_LEGEND = """\
Trials per seed: {trials}; pre-training seeds per cell: {seeds}. A cell is the mean \
over seeds of each seed's mean {metric} ± the standard deviation over trials within a \
seed (root mean square over seeds).
{fewer}
Marks stand at answers to primary questions alone. `*`: better; `†`: worse. Details: \
docs/statistics.md."""
_FEWER = """
A cell of fewer seeds than naive's says how many. Its differences are paired, so they \
compare with those of other rows; its level does not.
"""
_AVERAGE = """\
*average*: the mean over the tasks, trial number by trial number."""
_PAPER = """\
Columns headed *paper* are the published numbers ({setting}). They are not comparable \
with ours unless ours is that setting too."""
_PAPER_ALONE = """\
The published numbers, {metric} ({setting}). None of our columns is one of theirs."""
_DELTAS = """\
In the unit of the metric, paired by trial, then averaged over a seed's trials: mean \
over seeds [95 % t-interval over seeds, of a single comparison]. One seed has none."""
_SAME_NORMS = """\
Effect of a method beyond the length of its weights: its difference from Theta_0 \
scaled, tensor by tensor, to the method's norms."""
_MARKS = {BETTER: " \\*", WORSE: " †"}


def table_page(
    seeds: pd.DataFrame,
    facts: TableFacts,
    *,
    title: str,
    note: str,
    paper: str,
) -> str:
    """Render the frame of `over_seeds` as a Markdown page.

    The answers of `judge` come first; then, for each metric, methods, controls, oracle
    and the paired differences. `note` says how the numbers were made, `paper` is the id
    of the published table, if it is one.
    """
    answers, known = judge(seeds, facts), PAPER_TABLES.get(paper)
    seeds = _with_cells(seeds, answers, facts)
    runs = [
        f"- `{run['run']}`: {run['title']}; {percent(run['fraction'])} of the data, "
        f"seed {run['seed']}"
        for run in facts.runs
    ]
    head = [f"# {title}", note.strip(), verdict_text(answers, facts)]
    parts = [*head, _legend(seeds, facts), "\n".join(runs)]
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


def _with_cells(
    seeds: pd.DataFrame, answers: pd.DataFrame, facts: TableFacts
) -> pd.DataFrame:
    """Add the heading of each row's column and the text of its cells, by column."""
    places = zip(seeds["task"], seeds["fraction"], strict=True)
    cells = {"heading": [facts.heading(*place) for place in places]}
    # Naive covers every run of a column.
    most = seeds.assign(**cells).groupby("heading")["seeds"].transform("max")
    counts = zip(seeds["seeds"], most, strict=True)
    fewer = [f" ({n} of {most} seeds)" if n < most else "" for n, most in counts]
    means = map(plus_minus, seeds["mean"], seeds["std_over_trials"])
    cells["level"] = [mean + few for mean, few in zip(means, fewer, strict=True)]
    verdicts = each_row(answers[[*POOLED, "against", "verdict"]])
    marks = {tuple(key): _MARKS.get(verdict, "") for *key, verdict in verdicts}
    for name in REFERENCES:
        against = name.replace("_", "-")
        columns = [f"{field}_vs_{name}" for field in ("delta", "low", "high")]
        cells[name] = [
            f"{delta:+z.2f}{interval(low, high)}{marks.get((*row, against), '')}{few}"
            for (*row, delta, low, high), few in zip(
                each_row(seeds[[*POOLED, *columns]]), fewer, strict=True
            )
        ]
    # The largest fraction comes first.
    seeds = seeds.assign(**cells, place=-seeds["fraction"])
    return facts.in_order(seeds, ["task", "place", "method", "factor"])


def _legend(seeds: pd.DataFrame, facts: TableFacts) -> str:
    is_single = len(facts.metrics) == 1
    legend = _LEGEND.format(
        fewer=_FEWER if seeds["level"].str.endswith("seeds)").any() else "",
        trials=" or ".join(map(str, sorted(seeds["trials_per_seed"].unique()))),
        seeds=" or ".join(map(str, sorted(seeds["seeds"].unique()))),
        metric=metric_title(facts.metrics[0]) if is_single else "of the metric",
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
