"""Cells of a table's page."""

from collections.abc import Sequence
from statistics import fmean

from know.reporting.seeds import SeedsRow
from know.reporting.statistics import PairedComparison, sample_std
from know.reporting.text import plus_minus

SIGNIFICANT = 0.05
"""Corrected p-value below which a cell is marked."""


def mean_cell(row: SeedsRow) -> str:
    """Mean and spread over trials, marked by the test against naive."""
    cell = plus_minus(row.mean, row.std_over_trials)
    return cell + _mark(row.p_value, row.naive_z, row.naive_deltas)


def naive_cell(row: SeedsRow) -> str:
    """Difference from naive, marked."""
    deltas = [entry.vs_naive for entry in row.rows]
    return _delta(deltas) + _mark(row.p_value, row.naive_z, row.naive_deltas)


def same_norms_cell(row: SeedsRow) -> str:
    """Difference from Theta_0 at the same norms, marked by its own test."""
    deltas = [entry.vs_same_norms for entry in row.rows]
    return _delta(deltas) + _mark(
        row.p_value_same_norms, row.same_norms_z, row.same_norms_deltas
    )


def _mark(p_value: float | None, z: float | None, deltas: Sequence[float]) -> str:
    """Star what the seeds together put above its reference, dagger what below.

    A small but steady difference in one seed can outweigh, in z, a large one of the
    other sign. Where z and the mean difference disagree there is no mark.
    """
    if p_value is None or z is None or p_value >= SIGNIFICANT:
        return ""
    mean = fmean(deltas)
    if min(mean, z) > 0:
        return " \\*"
    return " †" if max(mean, z) < 0 else ""


def _delta(comparisons: Sequence[PairedComparison | None]) -> str:
    found = [comparison for comparison in comparisons if comparison]
    mean = fmean(comparison.mean for comparison in found)
    if len(found) > 1:
        spread = sample_std([comparison.mean for comparison in found])
        return f"{mean:+z.2f} ± {spread:.2f}"
    low, high = found[0].low, found[0].high
    interval = "" if low is None else f" [{low:+z.2f}, {high:+z.2f}]"
    return f"{mean:+z.2f}{interval}"
