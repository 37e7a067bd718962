"""What a table must know beside the scores: its runs, methods and tasks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from know.errors import KnowError, raise_all
from know.reporting.text import percent

NAIVE = "naive"
"""Id of the row every other one is compared with: Theta_0 as it is."""
ORACLE = "oracle"
"""Id, or first word of the id, of true networks trained on more data."""
AVERAGE = "average"
"""Stands for a task's id in rows that average over all tasks."""


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What a table must know of a run, which is one pre-training."""

    run: str
    fraction: float
    """Share of the pre-training data that Theta_0 saw, in (0, 1]."""
    seed: int
    title: str

    def __post_init__(self) -> None:
        """Refuse a fraction outside (0, 1]."""
        if not 0 < self.fraction <= 1:
            raise KnowError(
                f"the fraction of run {self.run} must lie in (0, 1], "
                f"got {self.fraction}"
            )


@dataclass(frozen=True, kw_only=True)
class MethodFacts:
    """What a table must know of a method or a control."""

    method: str
    is_control: bool
    same_norms: str | None
    """Id of the control that is Theta_0 at this method's norms, if there is one."""
    paper_row: str | None
    """Label of the paper's row for this method, if it has one."""
    stages: int | None = None
    """Stages S that the method sees, where it does not see all."""

    @property
    def is_oracle(self) -> bool:
        """Whether the weights were trained on more data, not predicted."""
        return self.method.split("-")[0] == ORACLE


@dataclass(frozen=True, kw_only=True)
class TaskFacts:
    """What a table must know of a downstream task."""

    task: str
    metrics: Sequence[str]
    """The metrics shown, the one that decides first."""
    title: str
    """Heads the task's column."""
    paper_column: str | None = None
    """Label of the paper's column for this task, if it has one."""


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """Everything a table must know beside the scores, each in the table's order."""

    runs: Sequence[RunFacts]
    methods: Sequence[MethodFacts]
    tasks: Sequence[TaskFacts]
    average: bool = False
    """Whether there are rows for the mean over the tasks, trial by trial."""

    def __post_init__(self) -> None:
        """Refuse ids that are listed twice, and an average of fewer than two tasks."""
        listed = {
            "run": [facts.run for facts in self.runs],
            "method": [facts.method for facts in self.methods],
            "task": [facts.task for facts in self.tasks],
        }
        problems = [
            f"{what} {name} is listed {count} times"
            for what, names in listed.items()
            for name, count in Counter(names).items()
            if count > 1
        ]
        if self.average and (len(self.tasks) < 2 or not self.averaged.metrics):
            problems.append("an average needs two tasks or more that share a metric")
        raise_all(problems, "this is no table")

    @classmethod
    def from_params(cls, params: Any) -> "TableFacts":
        """Facts from a job's params: `runs`, `methods`, `tasks` and `average`."""
        return cls(
            runs=[RunFacts(**facts) for facts in params.runs],
            methods=[MethodFacts(**facts) for facts in params.methods],
            tasks=[TaskFacts(**facts) for facts in params.tasks],
            average=params.average,
        )

    @property
    def averaged(self) -> TaskFacts:
        """The average as if it were a task: of the metrics that all tasks share."""
        shared = [
            metric
            for metric in self.metrics
            if all(metric in task.metrics for task in self.tasks)
        ]
        # The paper's average is of the paper's tasks.
        in_paper = any(task.paper_column for task in self.tasks)
        return TaskFacts(
            task=AVERAGE,
            metrics=shared,
            title=AVERAGE,
            paper_column=AVERAGE if in_paper else None,
        )

    @property
    def columns(self) -> list[TaskFacts]:
        """The tasks, then their average where it is wanted."""
        return [*self.tasks, *([self.averaged] if self.average else [])]

    @property
    def metrics(self) -> list[str]:
        """Metrics of all tasks, each once."""
        return list(dict.fromkeys(m for task in self.tasks for m in task.metrics))

    @property
    def compares_stages(self) -> bool:
        """Whether one method of the paper is there with several S."""
        found = {(m.paper_row, m.stages) for m in self.methods if m.stages}
        return len(found) > len({paper_row for paper_row, _ in found})

    def heading(self, task: TaskFacts, fraction: float) -> str:
        """What tells a column from the others: its task, its fraction, or both."""
        names = [task.title] if len(self.columns) > 1 else []
        if not names or len({run.fraction for run in self.runs}) > 1:
            names.append(percent(fraction))
        return ", ".join(names)
