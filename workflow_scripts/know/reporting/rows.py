"""The grouping of scores into a table's rows."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from know.errors import raise_all
from know.records import Score
from know.reporting.facts import (
    AVERAGE,
    MethodFacts,
    RunFacts,
    TableFacts,
    TaskFacts,
)

Key = tuple[str, str, str, str, int, float]
"""Run, task, metric, method, horizon and factor."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """All trials of one (run, task, metric, method, horizon)."""

    run: RunFacts
    task: TaskFacts
    metric: str
    method: MethodFacts
    horizon: int
    factor: float
    scores: tuple[Score, ...]
    """In the order of their trial numbers; those of every task in an average."""

    @property
    def values(self) -> dict[int, float]:
        """The metric by trial number: a task's value, or the mean over the tasks."""
        by_trial: dict[int, list[float]] = defaultdict(list)
        for score in self.scores:
            by_trial[score.trial].append(score.value)
        return {trial: fmean(values) for trial, values in by_trial.items()}

    @property
    def is_main(self) -> bool:
        """Whether it is of a task's first metric, and no average."""
        return self.task.task != AVERAGE and self.metric == self.task.metrics[0]

    @property
    def key(self) -> Key:
        """What tells the row from all others."""
        return self._key_of(self.method.method)

    @property
    def control_key(self) -> Key:
        """Key of the row of its control at the same norms; no row's without one."""
        return self._key_of(self.method.same_norms or "")

    def _key_of(self, method: str) -> Key:
        place = self.run.run, self.task.task, self.metric
        return *place, method, self.horizon, self.factor

    @property
    def name(self) -> str:
        """The row, as a message names it."""
        return _name(*self.key)


def collect_rows(scores: Sequence[Score], facts: TableFacts) -> list[Row]:
    """Group scores into rows, ordered by run, task, metric, method, then factor.

    Args:
        scores: records of all tasks of the table.
        facts: every run, method and task of the table, in its order.

    Returns:
        One row for each (run, task, metric, method, horizon, factor) that has scores,
        and, where the table has an average, likewise for all its tasks together.

    Raises:
        KnowError: naming every record that does not belong or is not finite, every
            trial that is there twice or lacks a task of the average, and everything
            that is listed but was never scored.
    """
    raise_all(
        _misfits(scores, facts) + _repeats(scores) + _not_finite(scores),
        "these scores do not make a table",
    )
    runs = {run.run: place for place, run in enumerate(facts.runs)}
    methods = {method.method: place for place, method in enumerate(facts.methods)}
    groups: dict[tuple[int, int, int, int, float, int], list[Score]] = defaultdict(list)
    for score in scores:
        row = methods[score.method], round(score.factor, 6), score.horizon
        for task, metric in _places(score, facts):
            groups[(runs[score.run], task, metric, *row)].append(score)
    rows = [
        Row(
            run=facts.runs[run],
            task=facts.columns[task],
            metric=facts.columns[task].metrics[metric],
            method=facts.methods[method],
            horizon=horizon,
            factor=factor,
            scores=tuple(
                sorted(groups[run, task, metric, method, factor, horizon], key=_trial)
            ),
        )
        for run, task, metric, method, factor, horizon in sorted(groups)
    ]
    raise_all(
        [problem for row in rows for problem in _incomplete(row, facts)],
        "an average needs every task in every trial",
    )
    return rows


def _places(score: Score, facts: TableFacts) -> Iterator[tuple[int, int]]:
    """Places of the columns, and of the metric in each, that a score belongs to."""
    for place, column in enumerate(facts.columns):
        if column.task in (score.task, AVERAGE) and score.metric in column.metrics:
            yield place, list(column.metrics).index(score.metric)


def _trial(score: Score) -> int:
    return score.trial


def _misfits(scores: Sequence[Score], facts: TableFacts) -> list[str]:
    """Name what is in the scores and not listed, or listed and not in the scores."""
    found = {
        "run": {score.run for score in scores},
        "method": {score.method for score in scores},
        "metric": {f"{score.metric} of task {score.task}" for score in scores},
    }
    listed = {
        "run": [run.run for run in facts.runs],
        "method": [method.method for method in facts.methods],
        "metric": [
            f"{m} of task {task.task}" for task in facts.tasks for m in task.metrics
        ],
    }
    foreign = [
        f"{what} {name} is not listed"
        for what, names in found.items()
        for name in sorted(names - set(listed[what]))
    ]
    return foreign + [
        f"{what} {name} has no score"
        for what, names in listed.items()
        for name in names
        if name not in found[what]
    ]


def _repeats(scores: Sequence[Score]) -> list[str]:
    counts = Counter((_score_name(score), score.trial) for score in scores)
    return [
        f"{name} has trial {trial} {count} times"
        for (name, trial), count in sorted(counts.items())
        if count > 1
    ]


def _not_finite(scores: Sequence[Score]) -> list[str]:
    return [
        f"{_score_name(score)}: trial {score.trial} scored {score.value}"
        for score in scores
        if not math.isfinite(score.value)
    ]


def _incomplete(row: Row, facts: TableFacts) -> list[str]:
    """Name the trials of an average that not every task has."""
    if row.task.task != AVERAGE:
        return []
    problems = []
    for trial in row.values:
        found = {score.task for score in row.scores if score.trial == trial}
        lacking = [task.task for task in facts.tasks if task.task not in found]
        if lacking:
            problems.append(f"{row.name}: trial {trial} lacks {', '.join(lacking)}")
    return problems


def _score_name(score: Score) -> str:
    return _name(
        *(score.run, score.task, score.metric),
        *(score.method, score.horizon, round(score.factor, 6)),
    )


def _name(
    run: str, task: str, metric: str, method: str, horizon: int, factor: float
) -> str:
    return f"{run} {task} {metric} {method} x{factor:g} (horizon {horizon})"
