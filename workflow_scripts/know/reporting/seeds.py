"""A table over pre-training seeds: spreads over them, and their tests combined."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from know.errors import raise_all
from know.reporting.facts import MethodFacts, TaskFacts
from know.reporting.statistics import (
    holm_by_family,
    pooled_std,
    sample_std,
    stouffer_z,
    two_sided_p,
)
from know.reporting.table import TableRow
from know.reporting.text import csv_text, decimals

SEEDS_COLUMNS = (
    "task",
    "metric",
    "fraction",
    "method",
    "stages",
    "factor",
    "seeds",
    "trials_per_seed",
    "mean",
    "std_over_seeds",
    "std_over_trials",
    "delta_vs_naive",
    "delta_std_over_seeds",
    "p_value",
    "delta_vs_same_norms",
    "p_value_same_norms",
)


@dataclass(frozen=True, kw_only=True)
class SeedsRow:
    """The rows of a table that differ in nothing but the pre-training seed."""

    task: TaskFacts
    metric: str
    fraction: float
    method: MethodFacts
    factor: float
    rows: tuple[TableRow, ...]
    """One for each seed."""
    p_value: float | None = None
    """Of `naive_z`, Holm corrected over the rows of this table; None if not tested."""
    p_value_same_norms: float | None = None
    """Of `same_norms_z`, likewise, in a family of its own."""

    @property
    def num_trials(self) -> int:
        """Trials of each seed."""
        return len(self.rows[0].row.values)

    @property
    def mean(self) -> float:
        """Mean of the seeds' means, in the metric's unit."""
        return fmean(row.mean for row in self.rows)

    @property
    def std_over_seeds(self) -> float | None:
        """Sample standard deviation of the seeds' means; None for one seed."""
        return sample_std([row.mean for row in self.rows])

    @property
    def std_over_trials(self) -> float | None:
        """Root mean square of the seeds' standard deviations over their trials."""
        return pooled_std([row.std for row in self.rows])

    @property
    def naive_deltas(self) -> list[float]:
        """Each seed's paired difference from naive; empty for naive itself."""
        return [row.vs_naive.mean for row in self.rows if row.vs_naive]

    @property
    def same_norms_deltas(self) -> list[float]:
        """Each seed's paired difference from Theta_0 at the same norms."""
        return [row.vs_same_norms.mean for row in self.rows if row.vs_same_norms]

    @property
    def naive_z(self) -> float | None:
        """The seeds' tests against naive, combined from their raw p-values."""
        return stouffer_z([row.vs_naive for row in self.rows])

    @property
    def same_norms_z(self) -> float | None:
        """The seeds' tests against Theta_0 at the same norms, combined likewise."""
        return stouffer_z([row.vs_same_norms for row in self.rows])


Key = tuple[str, str, float, str, float]
"""Task, metric, fraction, method and factor."""


def over_seeds(table: Sequence[TableRow]) -> list[SeedsRow]:
    """Pool the rows of a table that differ only in their pre-training seed.

    The seeds' tests are combined row by row, then corrected by Holm over the pooled
    rows of the metric; the two comparisons are a family each.

    Args:
        table: the rows of `tabulate`.

    Returns:
        A row for each (task, metric, fraction, method, factor): tasks, metrics,
        fractions and methods by their first appearance, then by factor.

    Raises:
        KnowError: naming every group that holds a seed twice, or whose seeds ran
            different numbers of trials.
    """
    groups: dict[Key, list[TableRow]] = defaultdict(list)
    for entry in table:
        groups[_key(entry)].append(entry)
    ordered = _ordered(list(groups))
    raise_all(
        [problem for key in ordered for problem in _problems(key, groups[key])],
        "these rows cannot be pooled over seeds",
    )
    pooled = [_pooled(groups[key]) for key in ordered]
    metrics = [row.metric for row in pooled]
    p_naive = holm_by_family(metrics, [two_sided_p(row.naive_z) for row in pooled])
    p_norms = holm_by_family(metrics, [two_sided_p(row.same_norms_z) for row in pooled])
    return [
        replace(row, p_value=p, p_value_same_norms=q)
        for row, p, q in zip(pooled, p_naive, p_norms, strict=True)
    ]


def _key(entry: TableRow) -> Key:
    row = entry.row
    method = row.method.method
    return row.task.task, row.metric, row.run.fraction, method, row.factor


def _ordered(keys: Sequence[Key]) -> list[Key]:
    # Another seed may bring a method or a factor that the first one lacks.
    tasks = list(dict.fromkeys(key[0] for key in keys))
    metrics = list(dict.fromkeys(key[1] for key in keys))
    fractions = list(dict.fromkeys(key[2] for key in keys))
    methods = list(dict.fromkeys(key[3] for key in keys))

    def place(key: Key) -> tuple[float, ...]:
        task, metric, fraction, method, factor = key
        return (
            *(tasks.index(task), metrics.index(metric)),
            *(fractions.index(fraction), methods.index(method), factor),
        )

    return sorted(keys, key=place)


def _pooled(rows: Sequence[TableRow]) -> SeedsRow:
    first = rows[0].row
    return SeedsRow(
        task=first.task,
        metric=first.metric,
        fraction=first.run.fraction,
        method=first.method,
        factor=first.factor,
        rows=tuple(rows),
    )


def _problems(key: Key, rows: Sequence[TableRow]) -> list[str]:
    task, metric, fraction, method, factor = key
    where = f"{task} {metric} fraction {fraction:g} {method} x{factor:g}"
    runs = ", ".join(row.row.run.run for row in rows)
    seeds = [row.row.run.seed for row in rows]
    trials = [len(row.row.values) for row in rows]
    problems = []
    if len(set(seeds)) < len(seeds):
        problems.append(f"{where}: wanted a seed for each run, {runs} have {seeds}")
    if len(set(trials)) > 1:
        problems.append(f"{where}: wanted equally many trials, {runs} have {trials}")
    return problems


def seeds_csv(seeds: Sequence[SeedsRow]) -> str:
    """Render the table over seeds, in the unit of each metric."""
    return csv_text(SEEDS_COLUMNS, [_cells(row) for row in seeds])


def _cells(row: SeedsRow) -> list[str]:
    naive, same_norms = row.naive_deltas, row.same_norms_deltas
    return [
        row.task.task,
        row.metric,
        f"{row.fraction:g}",
        row.method.method,
        str(row.method.stages or ""),
        f"{row.factor:g}",
        str(len(row.rows)),
        str(row.num_trials),
        decimals(row.mean, 4),
        decimals(row.std_over_seeds, 4),
        decimals(row.std_over_trials, 4),
        decimals(fmean(naive) if naive else None, 4),
        decimals(sample_std(naive), 4),
        decimals(row.p_value, 6),
        decimals(fmean(same_norms) if same_norms else None, 4),
        decimals(row.p_value_same_norms, 6),
    ]
