"""Table 1: accuracy after fine-tuning, by run, method and data multiplier."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from know.errors import raise_all
from know.records import Score
from know.reporting.layout import NAIVE, MethodFacts, Row, RunFacts, collect_rows
from know.reporting.statistics import (
    PairedComparison,
    compare_pairs,
    holm,
    sample_std,
    unmatched_trials,
)

TABLE_COLUMNS = (
    "run",
    "fraction",
    "method",
    "factor",
    "control",
    "trials",
    "accuracy_mean",
    "accuracy_std",
    "delta_vs_naive",
    "p_value",
    "delta_vs_same_norms",
    "p_value_same_norms",
    "norm_ratio",
    "cosine",
    "step_ratio",
)
TIMES_COLUMNS = ("run", "method", "factor", "trials", "seconds_mean", "seconds_std")


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One row of Table 1 with its comparisons."""

    row: Row
    vs_naive: PairedComparison | None
    """None for naive itself; its own p-value is not corrected."""
    vs_same_norms: PairedComparison | None
    """None where the method has no control at its norms; not corrected either."""
    p_value: float | None
    """Of `vs_naive`, Holm corrected over the table."""
    p_value_same_norms: float | None
    """Of `vs_same_norms`, Holm corrected over the table."""

    @property
    def mean(self) -> float:
        """Mean accuracy over the trials, percent points."""
        return fmean(self.row.accuracies.values())

    @property
    def std(self) -> float | None:
        """Sample standard deviation over the trials; None for a single trial."""
        return sample_std(list(self.row.accuracies.values()))


def tabulate(
    scores: Sequence[Score],
    *,
    runs: Sequence[RunFacts],
    methods: Sequence[MethodFacts],
) -> list[TableRow]:
    """Compare every row with naive and with Theta_0 at the same norms.

    The p-values of each of the two comparisons are a family of their own, corrected
    by Holm over all rows of the table that have one.

    Args:
        scores: all trials of all runs and methods of one task.
        runs: every run, in the table's order.
        methods: every method and control, in the table's order.

    Returns:
        The table's rows, ordered by run, then method, then factor.

    Raises:
        KnowError: naming everything that hinders a row from being compared.
    """
    rows = collect_rows(scores, runs=runs, methods=methods)
    naive = {row.run.run: row for row in rows if row.method.method == NAIVE}
    by_key = {_key(row, row.method.method): row for row in rows}
    pairs = [
        (
            row,
            naive.get(row.run.run),
            by_key.get(_key(row, row.method.same_norms)),
        )
        for row in rows
    ]
    raise_all(
        [problem for pair in pairs for problem in _pair_problems(*pair)],
        "these rows cannot be compared trial by trial",
    )
    table = [_compared(*pair) for pair in pairs]
    p_naive = holm([row.p_value for row in table])
    p_norms = holm([row.p_value_same_norms for row in table])
    return [
        replace(row, p_value=p, p_value_same_norms=q)
        for row, p, q in zip(table, p_naive, p_norms, strict=True)
    ]


def _key(row: Row, method: str | None) -> tuple[str, str | None, int, float]:
    return row.run.run, method, row.horizon, row.factor


def _pair_problems(row: Row, naive: Row | None, same_norms: Row | None) -> list[str]:
    """Name what hinders comparing one row with its two references."""
    problems = []
    if naive is None:
        problems.append(f"{row.name}: its run has no {NAIVE} row")
    if same_norms is None and row.method.same_norms is not None:
        problems.append(f"{row.name}: there is no {row.method.same_norms} row for it")
    for reference in (naive, same_norms):
        if reference is not None:
            unmatched = unmatched_trials(row.accuracies, reference.accuracies)
            unmatched += _other_data(row, reference)
            problems += [f"{row.name} against {reference.name}: {u}" for u in unmatched]
    return problems


def _other_data(row: Row, reference: Row) -> list[str]:
    """Name the trials that read other data than their partners did."""
    wanted = {score.trial: _data(score) for score in reference.scores}
    trials = [
        score.trial
        for score in row.scores
        if wanted.get(score.trial, _data(score)) != _data(score)
    ]
    return [f"trials {trials} read other data than the reference's"] if trials else []


def _data(score: Score) -> dict[str, str]:
    return {name: sha for name, sha in score.digests.items() if name != "weights"}


def _compared(row: Row, naive: Row | None, same_norms: Row | None) -> TableRow:
    reference = None if row is naive else naive
    versus = [
        compare_pairs(row.accuracies, other.accuracies) if other else None
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
    """Render Table 1, accuracies and differences in percent points."""
    return csv_text(TABLE_COLUMNS, [_table_cells(row) for row in table])


def times_csv(table: Sequence[TableRow]) -> str:
    """Render the fine-tuning times, in seconds of wall time a trial."""
    return csv_text(TIMES_COLUMNS, [_times_cells(row) for row in table])


def _table_cells(entry: TableRow) -> list[str]:
    row = entry.row
    weights = [score.comparison for score in row.scores]
    return [
        row.run.run,
        f"{row.run.fraction:g}",
        row.method.method,
        f"{row.factor:g}",
        "yes" if row.method.is_control else "no",
        str(len(row.scores)),
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


def _times_cells(entry: TableRow) -> list[str]:
    row = entry.row
    seconds = [score.seconds for score in row.scores]
    return [
        row.run.run,
        row.method.method,
        f"{row.factor:g}",
        str(len(seconds)),
        decimals(fmean(seconds), 3),
        decimals(sample_std(seconds), 3),
    ]


def csv_text(columns: Sequence[str], records: Iterable[Sequence[str]]) -> str:
    """Render a CSV file with Unix line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(records)
    return buffer.getvalue()


def decimals(value: float | None, places: int) -> str:
    """Render with a fixed number of decimals, never as minus zero; None as nothing."""
    return "" if value is None else f"{value:z.{places}f}"
