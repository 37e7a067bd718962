"""A published table, and which of its cells stands beside which of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from know.reporting.facts import MethodFacts, TaskFacts
from know.reporting.text import markdown_grid, percent, plus_minus


@dataclass(frozen=True)
class PaperScore:
    """One cell of a published table."""

    mean: float
    """Percent points."""
    std: float | None = None
    """Percent points; None where no spread is known."""

    def __str__(self) -> str:
        """Render the cell."""
        return plus_minus(self.mean, self.std)


@dataclass(frozen=True)
class PaperTime:
    """One row of the published Table 7."""

    training: float
    """Seconds of pre-training and forgetting."""
    prediction: float | None
    """Seconds; None where nothing is predicted."""
    accuracy: float
    """Percent points."""


@dataclass(frozen=True)
class PaperTable:
    """What is known of one published table."""

    setting: str
    """Where its numbers come from."""
    metric: str
    columns: Sequence[str]
    cells: Mapping[tuple[str, float, str], PaperScore]
    """By the paper's row, the data multiplier and the paper's column."""

    def column(self, task: TaskFacts, fraction: float) -> str | None:
        """The paper's column for a task, or for a fraction of the pre-training data."""
        own = (task.paper_column, percent(fraction))
        return next((column for column in own if column in self.columns), None)

    def score(
        self, method: MethodFacts, factor: float, column: str | None
    ) -> PaperScore | None:
        """The paper's cell in a column, for a method of ours at a data multiplier."""
        rows = (method.paper_row, f"{method.paper_row}, S = {method.stages}")
        found = (self.cells.get((row or "", factor, column or "")) for row in rows)
        return next((score for score in found if score), None)

    def whole(self) -> str:
        """Render every known cell, as (row, multiplier) by column."""
        rows = dict.fromkeys((row, factor) for row, factor, _ in self.cells)
        return markdown_grid(
            ["method", "factor", *self.columns],
            [
                [
                    row,
                    f"x{factor:g}",
                    *(str(self.cells.get((row, factor, c), "")) for c in self.columns),
                ]
                for row, factor in rows
            ],
        )
