"""Facts a table needs beside the scores, and the grouping of scores into rows."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from know.errors import KnowError, raise_all
from know.records import Score

NAIVE = "naive"
"""Id of the row every other one is compared with: Theta_0 as it is."""
ORACLE = "oracle"
"""Id, or first word of the id, of true networks trained on more data."""


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

    @property
    def is_oracle(self) -> bool:
        """Whether the weights were trained on more data, not predicted."""
        return self.method.split("-")[0] == ORACLE


@dataclass(frozen=True, kw_only=True)
class Row:
    """All trials of one (run, method, horizon)."""

    run: RunFacts
    method: MethodFacts
    horizon: int
    factor: float
    scores: tuple[Score, ...]
    """In the order of their trial numbers."""

    @property
    def accuracies(self) -> dict[int, float]:
        """Accuracy in percent points, by trial number."""
        return {score.trial: score.value for score in self.scores}

    @property
    def name(self) -> str:
        """The row, as a message names it."""
        return _name(self.run.run, self.method.method, self.horizon, self.factor)


def collect_rows(
    scores: Sequence[Score],
    *,
    runs: Sequence[RunFacts],
    methods: Sequence[MethodFacts],
) -> list[Row]:
    """Group scores into rows, ordered by run, then method, then factor.

    Args:
        scores: records of one task, their metric being accuracy in percent points.
        runs: every run of the table, in its order.
        methods: every method and control of the table, in its order.

    Returns:
        One row for each (run, method, horizon, factor) that has scores.

    Raises:
        KnowError: naming every record that does not belong or is not finite, every
            trial that is there twice, and every run and method that is listed but was
            never scored.
    """
    run_places = {facts.run: place for place, facts in enumerate(runs)}
    method_places = {facts.method: place for place, facts in enumerate(methods)}
    raise_all(
        _misfits(scores, run_places, method_places)
        + _repeats(scores)
        + _not_finite(scores)
        + _twice("run", [facts.run for facts in runs])
        + _twice("method", [facts.method for facts in methods]),
        "these scores do not make a table",
    )
    groups: dict[tuple[int, int, float, int], list[Score]] = defaultdict(list)
    for score in scores:
        places = run_places[score.run], method_places[score.method]
        groups[(*places, round(score.factor, 6), score.horizon)].append(score)
    return [
        Row(
            run=runs[run],
            method=methods[method],
            horizon=horizon,
            factor=factor,
            scores=tuple(sorted(groups[run, method, factor, horizon], key=_trial)),
        )
        for run, method, factor, horizon in sorted(groups)
    ]


def _trial(score: Score) -> int:
    return score.trial


def _misfits(
    scores: Sequence[Score], runs: Mapping[str, int], methods: Mapping[str, int]
) -> list[str]:
    """Name what is in the scores and not listed, or listed and not in the scores."""
    tasks = sorted({score.task for score in scores})
    found_runs = {score.run for score in scores}
    found_methods = {score.method for score in scores}
    metrics = {score.metric for score in scores} - {"accuracy"}
    problems = [f"wanted one task, found {tasks}"] if len(tasks) > 1 else []
    problems += [f"wanted accuracy, found the metric {m}" for m in sorted(metrics)]
    problems += [f"run {r} is not listed" for r in sorted(found_runs - runs.keys())]
    problems += [
        f"method {m} is not listed" for m in sorted(found_methods - methods.keys())
    ]
    problems += [f"run {r} has no score" for r in runs if r not in found_runs]
    problems += [f"method {m} has no score" for m in methods if m not in found_methods]
    return problems


def _repeats(scores: Sequence[Score]) -> list[str]:
    counts = Counter(
        (s.run, s.method, s.horizon, round(s.factor, 6), s.trial) for s in scores
    )
    return [
        f"{_name(*key[:4])} has trial {key[4]} {count} times"
        for key, count in sorted(counts.items())
        if count > 1
    ]


def _not_finite(scores: Sequence[Score]) -> list[str]:
    return [
        f"{_name(s.run, s.method, s.horizon, s.factor)}: "
        f"trial {s.trial} scored {s.value}"
        for s in scores
        if not math.isfinite(s.value)
    ]


def _twice(what: str, ids: Sequence[str]) -> list[str]:
    counts = Counter(ids)
    return [f"{what} {i} is listed {n} times" for i, n in counts.items() if n > 1]


def _name(run: str, method: str, horizon: int, factor: float) -> str:
    return f"{run} {method} x{factor:g} (horizon {horizon})"
