"""What the figure of a table shows, read from the table's own file."""

import csv
import io
from dataclasses import dataclass
from statistics import fmean

from know.reporting.facts import NAIVE, ORACLE
from know.reporting.statistics import pooled_std

METHOD, CONTROL, MORE_DATA = "method", "control", "oracle (more data)"
"""Kinds of bar."""
_COLUMNS = ("task", "metric", "fraction", "method", "factor")


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One (task, metric, fraction, method, factor) of a table, its seeds pooled."""

    task: str
    metric: str
    fraction: float
    label: str
    kind: str
    is_naive: bool
    means: tuple[float, ...]
    """Value of each seed, in the metric's unit."""
    std: float | None
    """Over trials within a seed."""

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return fmean(self.means)

    @property
    def panel(self) -> tuple[str, str, float]:
        """Metric, task and fraction, which share a panel."""
        return self.metric, self.task, self.fraction


def read_bars(table: str) -> list[Bar]:
    """Read what the figure shows from the text of a table's CSV file.

    Returns:
        A bar for each (task, metric, fraction, method, factor), in the file's order.
    """
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for record in csv.DictReader(io.StringIO(table)):
        groups.setdefault(tuple(record[c] for c in _COLUMNS), []).append(record)
    return [
        Bar(
            task=task,
            metric=metric,
            fraction=float(fraction),
            label=method if method == NAIVE else f"{method} x{factor}",
            kind=_kind(method, records[0]["control"]),
            is_naive=method == NAIVE,
            means=tuple(float(record["mean"]) for record in records),
            std=pooled_std([_number(record["std"]) for record in records]),
        )
        for (task, metric, fraction, method, factor), records in groups.items()
    ]


def _number(text: str) -> float | None:
    return float(text) if text else None


def _kind(method: str, control: str) -> str:
    if method.split("-")[0] == ORACLE:
        return MORE_DATA
    return CONTROL if control == "yes" else METHOD
