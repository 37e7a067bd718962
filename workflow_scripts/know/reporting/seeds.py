"""Table 1 over pre-training seeds: spreads over them, and their tests combined."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from know.errors import raise_all
from know.reporting.layout import MethodFacts
from know.reporting.statistics import (
    holm,
    pooled_std,
    sample_std,
    stouffer_z,
    two_sided_p,
)
from know.reporting.table1 import TableRow, csv_text, decimals

SEEDS_COLUMNS = (
    "fraction",
    "method",
    "factor",
    "seeds",
    "trials_per_seed",
    "accuracy_mean",
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
    """The rows of Table 1 that differ in nothing but the pre-training seed."""

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
        return len(self.rows[0].row.scores)

    @property
    def mean(self) -> float:
        """Mean of the seeds' means, percent points."""
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


def over_seeds(table: Sequence[TableRow]) -> list[SeedsRow]:
    """Pool the rows of Table 1 that differ only in their pre-training seed.

    The seeds' tests are combined row by row, then corrected by Holm over the pooled
    rows; the two comparisons are a family each.

    Args:
        table: the rows of `tabulate`.

    Returns:
        A row for each (fraction, method, factor), ordered as the table is: fractions
        and methods by their first appearance, then by factor.

    Raises:
        KnowError: naming every group that holds a seed twice, or whose seeds ran
            different numbers of trials.
    """
    groups: dict[tuple[float, str, float], list[TableRow]] = defaultdict(list)
    for entry in table:
        row = entry.row
        groups[row.run.fraction, row.method.method, row.factor].append(entry)
    # Another seed may bring a method or a factor that the first one lacks.
    fractions = list(dict.fromkeys(entry.row.run.fraction for entry in table))
    methods = list(dict.fromkeys(key[1] for key in groups))
    ordered = sorted(
        groups, key=lambda key: (fractions.index(key[0]), methods.index(key[1]), key[2])
    )
    raise_all(
        [problem for key in ordered for problem in _problems(key, groups[key])],
        "these rows cannot be pooled over seeds",
    )
    pooled = [
        SeedsRow(
            fraction=key[0],
            method=groups[key][0].row.method,
            factor=key[2],
            rows=tuple(groups[key]),
        )
        for key in ordered
    ]
    p_naive = holm([two_sided_p(row.naive_z) for row in pooled])
    p_norms = holm([two_sided_p(row.same_norms_z) for row in pooled])
    return [
        replace(row, p_value=p, p_value_same_norms=q)
        for row, p, q in zip(pooled, p_naive, p_norms, strict=True)
    ]


def _problems(key: tuple[float, str, float], rows: list[TableRow]) -> list[str]:
    where = f"fraction {key[0]:g} {key[1]} x{key[2]:g}"
    runs = ", ".join(row.row.run.run for row in rows)
    seeds = [row.row.run.seed for row in rows]
    trials = [len(row.row.scores) for row in rows]
    problems = []
    if len(set(seeds)) < len(seeds):
        problems.append(f"{where}: wanted a seed for each run, {runs} have {seeds}")
    if len(set(trials)) > 1:
        problems.append(f"{where}: wanted equally many trials, {runs} have {trials}")
    return problems


def seeds_csv(seeds: Sequence[SeedsRow]) -> str:
    """Render the table over seeds, in percent points."""
    return csv_text(SEEDS_COLUMNS, [_cells(row) for row in seeds])


def _cells(row: SeedsRow) -> list[str]:
    naive, same_norms = row.naive_deltas, row.same_norms_deltas
    return [
        f"{row.fraction:g}",
        row.method.method,
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
