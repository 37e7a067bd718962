"""Scores of exactly the trials that a table is planned to have."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from know.errors import raise_all
from know.records import Score, read_scores
from know.reporting.facts import TableFacts
from know.reporting.frames import not_as_planned
from know.reporting.table import collect_trials


def read_trials(paths: Iterable[str], facts: TableFacts) -> pd.DataFrame:
    """Read all scores of a table into the frame of `collect_trials`.

    Raises:
        KnowError: if a file is damaged, or a planned trial is missing.
    """
    scores = read_scores(map(Path, paths))
    check_planned(scores, facts)
    return collect_trials(scores, facts)


def check_planned(scores: Sequence[Score], facts: TableFacts) -> None:
    """Demand every planned trial of a table once, and no other.

    Args:
        scores: all scores that were read.
        facts: facts about the table, with the `runs` and `horizons` of each method and
            the number of `trials` of each task.

    Raises:
        KnowError: naming every row with trials that are missing, there twice, or not
            planned.
    """
    wanted = {
        (run, task["task"], metric, method["method"], horizon, trial)
        for task in facts.tasks
        for metric in task["metrics"]
        for method in facts.methods
        for run in method["runs"]
        for horizon in method["horizons"]
        for trial in range(task["trials"])
    }
    found = ((s.run, s.task, s.metric, s.method, s.horizon, s.trial) for s in scores)
    problems: dict[str, list[int]] = {}
    for (*row, trial), what in not_as_planned(found, wanted).items():
        run, task, metric, method, horizon = row
        where = f"{run} {task} {metric} {method} (horizon {horizon}), {what}: trials"
        problems.setdefault(where, []).append(trial)
    raise_all(
        [f"{where} {', '.join(map(str, of))}" for where, of in problems.items()],
        "the scores are not those that the table wants; delete the files of these, "
        "results/scores/{task}/{run}/{method}/, and run again",
    )
