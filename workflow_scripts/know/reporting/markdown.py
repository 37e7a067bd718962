"""A table as a page to read, in the paper's layout and beside the paper's numbers."""

from collections.abc import Callable, Sequence

from know.reporting.facts import RunFacts, TableFacts
from know.reporting.markdown_cells import (
    SIGNIFICANT,
    mean_cell,
    naive_cell,
    same_norms_cell,
)
from know.reporting.metrics import metric_title
from know.reporting.paper import PaperTable
from know.reporting.seeds import SeedsRow
from know.reporting.text import markdown_grid, percent

_LEGEND = """\
Trials a seed: {trials}; pre-training seeds a cell: {seeds}. A cell is the mean over \
seeds of each seed's mean {metric} ± the standard deviation over trials within a \
seed (root mean square over seeds).

Test: each seed's two-sided paired t-test over trials against naive, combined over the \
seeds of a cell (Stouffer, signed), then Holm corrected over all cells{family}. `*`: \
corrected p < {level} and the mean difference above naive; `†`: likewise below. A \
mark is evidence in these pre-trainings together and says nothing of others; the \
spread over seeds stands beside each difference and in the table over seeds. Details: \
docs/statistics.md."""
_AVERAGE = """\
*average*: the mean over the tasks, trial number by trial number, and tested as such."""
_PAPER = """\
Columns headed *paper* are the published numbers ({setting}). They are not comparable \
with ours unless ours is that setting too."""
_PAPER_ALONE = """\
The published numbers, {metric} ({setting}). No column of ours is one of theirs."""
_DELTAS = """\
In the unit of the metric, paired by trial. One seed: mean [95 % interval over trials, \
not corrected]. Several seeds: mean over seeds ± standard deviation over seeds."""
_SAME_NORMS = """\
What a method has beyond the length of its weights: its difference from Theta_0 \
scaled, tensor by tensor, to the method's norms. Marks are those of \
this test, combined over seeds likewise and corrected over its own rows."""

Cell = Callable[[SeedsRow], str]


def markdown(
    seeds: Sequence[SeedsRow],
    facts: TableFacts,
    *,
    title: str,
    note: str,
    paper: PaperTable | None = None,
) -> str:
    """Render a table for people.

    Args:
        seeds: the rows of `over_seeds`.
        facts: of the table.
        title: heads the page.
        note: what setting the numbers come from, and how they were made.
        paper: the published table, if there is one.

    Returns:
        A Markdown page. For each metric: methods, controls, oracle, then the paired
        differences.
    """
    parts = [f"# {title}", note.strip(), _legend(seeds, facts), _run_list(facts.runs)]
    level, are_beside = "##", False
    for metric in facts.metrics:
        rows = [row for row in seeds if row.metric == metric]
        own = paper if paper and paper.metric == metric else None
        published = _published(rows, own)
        are_beside = are_beside or bool(published)
        if len(facts.metrics) > 1:
            name = metric_title(metric)
            parts.append(f"## {name[0].upper()}{name[1:]}")
            level = "###"
        for heading, text, grid in _sections(rows, facts, published, own):
            parts += [f"{level} {heading}", text, grid] if grid else []
    if paper and not are_beside:
        metric = metric_title(paper.metric)
        text = _PAPER_ALONE.format(metric=metric, setting=paper.setting)
        parts += ["## In the paper", text, paper.whole()]
    return "\n\n".join(part for part in parts if part) + "\n"


def _legend(seeds: Sequence[SeedsRow], facts: TableFacts) -> str:
    trials = sorted({row.num_trials for row in seeds})
    counts = sorted({len(row.rows) for row in seeds})
    is_single = len(facts.metrics) == 1
    legend = _LEGEND.format(
        trials=" or ".join(map(str, trials)),
        seeds=" or ".join(map(str, counts)),
        metric=metric_title(facts.metrics[0]) if is_single else "of the metric",
        family="" if is_single else " of the metric",
        level=SIGNIFICANT,
    )
    return f"{legend}\n\n{_AVERAGE}" if facts.average else legend


def _run_list(runs: Sequence[RunFacts]) -> str:
    return "\n".join(
        f"- `{facts.run}`: {facts.title}; {percent(facts.fraction)} of the data, "
        f"seed {facts.seed}"
        for facts in runs
    )


def _published(rows: Sequence[SeedsRow], paper: PaperTable | None) -> list[str]:
    """The paper's columns that hold a number for any row of ours."""
    if not paper:
        return []
    columns = [(row, paper.column(row.task, row.fraction)) for row in _by_column(rows)]
    return list(
        dict.fromkeys(
            column
            for row, column in columns
            if column and paper.score(row.method, row.factor, column)
        )
    )


def _by_column(rows: Sequence[SeedsRow]) -> list[SeedsRow]:
    """Rows by task, the largest fraction first."""
    tasks = list(dict.fromkeys(row.task.task for row in rows))
    return sorted(rows, key=lambda row: (tasks.index(row.task.task), -row.fraction))


def _sections(
    rows: Sequence[SeedsRow],
    facts: TableFacts,
    published: Sequence[str],
    paper: PaperTable | None,
) -> list[tuple[str, str, str]]:
    """Heading, text and grid of each section of one metric."""
    methods = [r for r in rows if not (r.method.is_control or r.method.is_oracle)]
    controls = [r for r in rows if r.method.is_control and not r.method.is_oracle]
    oracle = [r for r in rows if r.method.is_oracle]
    compared = [r for r in rows if r.naive_deltas]
    normed = [r for r in rows if r.same_norms_deltas]
    beside = _PAPER.format(setting=paper.setting) if paper and published else ""
    return [
        ("Methods", beside, _grid(methods, facts, mean_cell, published, paper)),
        ("Controls", "", _grid(controls, facts, mean_cell)),
        ("Oracle (truly trained on more data)", "", _grid(oracle, facts, mean_cell)),
        ("Difference from naive", _DELTAS, _grid(compared, facts, naive_cell)),
        (
            "Difference from Theta_0 at the same norms",
            _SAME_NORMS + " " + _DELTAS,
            _grid(normed, facts, same_norms_cell),
        ),
    ]


def _grid(
    rows: Sequence[SeedsRow],
    facts: TableFacts,
    cell: Cell,
    published: Sequence[str] = (),
    paper: PaperTable | None = None,
) -> str:
    """Lay rows out as (method, factor) by column; nothing where there are none."""
    if not rows:
        return ""
    columns = list(
        dict.fromkeys(facts.heading(row.task, row.fraction) for row in _by_column(rows))
    )
    lines: dict[tuple[str, float], dict[str, SeedsRow]] = {}
    for row in rows:
        line = lines.setdefault((row.method.method, row.factor), {})
        line[facts.heading(row.task, row.fraction)] = row
    methods = list(dict.fromkeys(method for method, _ in lines))
    grid = []
    for key in sorted(lines, key=lambda key: (methods.index(key[0]), key[1])):
        line = lines[key]
        method = next(iter(line.values())).method
        stages = [str(method.stages or "")] if facts.compares_stages else []
        ours = [cell(line[c]) if c in line else "" for c in columns]
        theirs = [paper.score(method, key[1], c) for c in published] if paper else []
        grid.append(
            [key[0], *stages, f"x{key[1]:g}", *ours, *(str(s or "") for s in theirs)]
        )
    head = ["method", *(["S"] if facts.compares_stages else []), "factor", *columns]
    return markdown_grid(head + [f"paper {column}" for column in published], grid)
