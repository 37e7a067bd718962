"""A table: the metrics of downstream tasks, by run, method and data multiplier."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from know.errors import raise_all
from know.records import Score
from know.reporting.facts import NAIVE, TableFacts
from know.reporting.rows import Row, collect_rows
from know.reporting.statistics import (
    PairedComparison,
    compare_pairs,
    holm_by_family,
    sample_std,
    unmatched_trials,
)
from know.reporting.text import csv_text, decimals

TABLE_COLUMNS = (
    "run",
    "task",
    "metric",
    "fraction",
    "method",
    "stages",
    "factor",
    "control",
    "trials",
    "mean",
    "std",
    "delta_vs_naive",
    "p_value",
    "delta_vs_same_norms",
    "p_value_same_norms",
    "norm_ratio",
    "cosine",
    "step_ratio",
)
TIMES_COLUMNS = (
    "run",
    "task",
    "method",
    "factor",
    "trials",
    "seconds_mean",
    "seconds_std",
)


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One row of a table with its comparisons."""

    row: Row
    vs_naive: PairedComparison | None
    """None for naive itself; its own p-value is not corrected."""
    vs_same_norms: PairedComparison | None
    """None where the method has no control at its norms; not corrected either."""
    p_value: float | None
    """Of `vs_naive`, Holm corrected over the rows of the metric."""
    p_value_same_norms: float | None
    """Of `vs_same_norms`, Holm corrected over the rows of the metric."""

    @property
    def mean(self) -> float:
        """Mean over the trials, in the metric's unit."""
        return fmean(self.row.values.values())

    @property
    def std(self) -> float | None:
        """Sample standard deviation over the trials; None for a single trial."""
        return sample_std(list(self.row.values.values()))


def tabulate(scores: Sequence[Score], facts: TableFacts) -> list[TableRow]:
    """Compare every row with naive and with Theta_0 at the same norms.

    The p-values of each metric and of each of the two comparisons are a family of
    their own, corrected by Holm over all its rows that have one: every run, task,
    method and factor, and the averages.

    Args:
        scores: all trials of all runs, methods and tasks.
        facts: of the table.

    Returns:
        The table's rows, ordered by run, task, metric, method, then factor.

    Raises:
        KnowError: naming everything that hinders a row from being compared.
    """
    rows = collect_rows(scores, facts)
    by_key = {row.key: row for row in rows}
    naive = {_place(row): row for row in rows if row.method.method == NAIVE}
    pairs = [(row, naive.get(_place(row)), by_key.get(row.control_key)) for row in rows]
    raise_all(
        [problem for pair in pairs for problem in _pair_problems(*pair)],
        "these rows cannot be compared trial by trial",
    )
    table = [_compared(*pair) for pair in pairs]
    metrics = [row.metric for row in rows]
    p_naive = holm_by_family(metrics, [entry.p_value for entry in table])
    p_norms = holm_by_family(metrics, [entry.p_value_same_norms for entry in table])
    return [
        replace(row, p_value=p, p_value_same_norms=q)
        for row, p, q in zip(table, p_naive, p_norms, strict=True)
    ]


def _place(row: Row) -> tuple[str, str, str]:
    return row.run.run, row.task.task, row.metric


def _pair_problems(row: Row, naive: Row | None, same_norms: Row | None) -> list[str]:
    """Name what hinders comparing one row with its two references."""
    problems = []
    if naive is None:
        problems.append(f"{row.name}: its run has no {NAIVE} row")
    if same_norms is None and row.method.same_norms is not None:
        problems.append(f"{row.name}: there is no {row.method.same_norms} row for it")
    for reference in (naive, same_norms):
        if reference is not None:
            unmatched = unmatched_trials(row.values, reference.values)
            unmatched += _other_data(row, reference)
            problems += [f"{row.name} against {reference.name}: {u}" for u in unmatched]
    return problems


def _other_data(row: Row, reference: Row) -> list[str]:
    """Name the trials that read other data than their partners did."""
    wanted = {(score.task, score.trial): _data(score) for score in reference.scores}
    trials = {
        score.trial: None
        for score in row.scores
        if wanted.get((score.task, score.trial), _data(score)) != _data(score)
    }
    if not trials:
        return []
    return [f"trials {list(trials)} read other data than the reference's"]


def _data(score: Score) -> dict[str, str]:
    return {name: sha for name, sha in score.digests.items() if name != "weights"}


def _compared(row: Row, naive: Row | None, same_norms: Row | None) -> TableRow:
    reference = None if row is naive else naive
    versus = [
        compare_pairs(row.values, other.values) if other else None
        for other in (reference, same_norms)
    ]
    raw = [comparison.p_value if comparison else None for comparison in versus]
    return TableRow(
        row=row,
        vs_naive=versus[0],
        vs_same_norms=versus[1],
        p_value=raw[0],
        p_value_same_norms=raw[1],
    )


def table_csv(table: Sequence[TableRow]) -> str:
    """Render a table, values and differences in the unit of each metric."""
    return csv_text(TABLE_COLUMNS, [_table_cells(row) for row in table])


def times_csv(table: Sequence[TableRow]) -> str:
    """Render the fine-tuning times of each task, in seconds of wall time a trial."""
    rows = [entry.row for entry in table if entry.row.is_main]
    return csv_text(TIMES_COLUMNS, [_times_cells(row) for row in rows])


def _table_cells(entry: TableRow) -> list[str]:
    row = entry.row
    weights = [score.comparison for score in row.scores]
    return [
        row.run.run,
        row.task.task,
        row.metric,
        f"{row.run.fraction:g}",
        row.method.method,
        str(row.method.stages or ""),
        f"{row.factor:g}",
        "yes" if row.method.is_control else "no",
        str(len(row.values)),
        decimals(entry.mean, 4),
        decimals(entry.std, 4),
        decimals(entry.vs_naive.mean if entry.vs_naive else None, 4),
        decimals(entry.p_value, 6),
        decimals(entry.vs_same_norms.mean if entry.vs_same_norms else None, 4),
        decimals(entry.p_value_same_norms, 6),
        decimals(fmean(comparison.norm_ratio for comparison in weights), 6),
        decimals(fmean(comparison.cosine for comparison in weights), 6),
        decimals(fmean(comparison.step_ratio for comparison in weights), 6),
    ]


def _times_cells(row: Row) -> list[str]:
    seconds = [score.seconds for score in row.scores]
    return [
        row.run.run,
        row.task.task,
        row.method.method,
        f"{row.factor:g}",
        str(len(seconds)),
        decimals(fmean(seconds), 3),
        decimals(sample_std(seconds), 3),
    ]
