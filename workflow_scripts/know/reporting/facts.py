"""Facts that a table needs besides its scores: its runs, methods and tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from know.errors import KnowError
from know.reporting.frames import in_order
from know.reporting.text import percent

NAIVE = "naive"
"""Id of the row every other one is compared with: Theta_0 as it is."""
ORACLE = "oracle"
"""Id, or first word of the id, of true networks trained on more data."""
AVERAGE = "average"
"""Stands for a task's id in rows that average over all tasks."""

Facts = Mapping[str, Any]


def is_oracle(method: str) -> bool:
    """Whether a method's weights were trained on more data, not predicted."""
    return method.split("-")[0] == ORACLE


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """Everything a table must know besides the scores, each in the table's order."""

    runs: Sequence[Facts]
    """`run`, `fraction` of the pre-training data in (0, 1], `seed`, `title`."""
    methods: Sequence[Facts]
    """`method`, `is_control`, `same_norms` (id of the control that is Theta_0 at the
    method's norms, or None), `paper_row`, `stages` (S, if it does not see all),
    `runs` (those it covers) and `horizons` (0 alone where it extrapolates none)."""
    tasks: Sequence[Facts]
    """`task`, `metrics` (the one that decides first), `trials` (their number for each
    row), `test_images` (their number, or None if it is the source's), `title`,
    `paper_column`, `lower_is_better` (than naive, of all metrics)."""
    average: bool = False
    """Whether there are rows for the mean over the tasks, trial by trial."""
    primary: Facts | None = None
    """Primary questions: every row of `methods` `against` naive, or Theta_0 at the same
    norms; `margin` is the difference, in percent points, that does not matter."""

    def __post_init__(self) -> None:
        """Refuse an average of nothing shared."""
        if self.average and (len(self.tasks) < 2 or not self.shared_metrics):
            raise KnowError("an average needs two tasks or more that share a metric")

    @property
    def metrics(self) -> list[str]:
        """Metrics of all tasks, each once."""
        return list(dict.fromkeys(m for task in self.tasks for m in task["metrics"]))

    @property
    def shared_metrics(self) -> list[str]:
        """Metrics that every task has."""
        return [m for m in self.metrics if all(m in t["metrics"] for t in self.tasks)]

    @property
    def columns(self) -> list[Facts]:
        """The tasks, then their average where the table has one."""
        if not self.average:
            return list(self.tasks)
        # The paper's average is over the paper's tasks.
        in_paper = any(task["paper_column"] for task in self.tasks)
        average = {"task": AVERAGE, "metrics": self.shared_metrics, "title": AVERAGE}
        return [*self.tasks, {**average, "paper_column": AVERAGE if in_paper else None}]

    @property
    def compares_stages(self) -> bool:
        """Whether one method of the paper is there with several S."""
        found = {(m["paper_row"], m["stages"]) for m in self.methods if m["stages"]}
        return len(found) > len({paper_row for paper_row, _ in found})

    def heading(self, task: str, fraction: float) -> str:
        """Head a page's column by what differs: its task, its fraction, or both."""
        titles = {column["task"]: column["title"] for column in self.columns}
        names = [titles[task]] if len(titles) > 1 else []
        if not names or len({run["fraction"] for run in self.runs}) > 1:
            names.append(percent(fraction))
        return ", ".join(names)

    def in_order(self, frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
        """Sort rows by columns: ids and fractions in the table's order, else up."""
        orders = {
            "run": [run["run"] for run in self.runs],
            "fraction": [run["fraction"] for run in self.runs],
            "method": [method["method"] for method in self.methods],
            "task": [column["task"] for column in self.columns],
            "metric": self.metrics,
        }
        return in_order(frame, by, orders)
