"""How a selecting method chose, beside what would have been best downstream."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from know.errors import raise_all
from know.reporting.rows import Row
from know.reporting.statistics import compare_pairs, holm
from know.reporting.table import TableRow
from know.reporting.text import csv_text, decimals
from know.selection_record import Selection

SIGNIFICANT = 0.05
SELECTION_COLUMNS = (
    "task",
    "run",
    "method",
    "trials",
    "candidates",
    "pick",
    "horizon",
    "probe_gain",
    "gain",
    "p_value",
    "delta_vs_same_norms",
    "p_value_same_norms",
    "best",
    "best_horizon",
    "best_gain",
    "regret",
    "rank",
    "right",
)

Key = tuple[str, str, str, int]
"""Task, run, method and horizon of a row, of the task's first metric."""


@dataclass(frozen=True, kw_only=True)
class PickRow:
    """One pair of a run and a task: what was picked, and what it was worth."""

    task: str
    run: str
    method: str
    """Id of the selecting method."""
    trials: int
    candidates: int
    """That it chose from, naive among them."""
    pick: str
    horizon: int
    probe_gain: float
    """Of the pick over naive in the probe, percent points."""
    gain: float
    """Of the selecting method over naive downstream, paired, percent points."""
    p_value: float | None
    """Two-sided paired t-test of `gain`, not corrected; None for a single trial."""
    same_norms_gain: float | None
    """Of the pick over Theta_0 at its norms; None where the table has no such row."""
    p_value_same_norms: float | None
    """Likewise not corrected."""
    best: str
    """Candidate of the highest mean downstream, known only in hindsight."""
    best_horizon: int
    best_gain: float
    """Its gain over naive; too high, as the highest of many means always is."""
    regret: float
    """`best_gain` less `gain`, 0 at least."""
    rank: int
    """Place of the pick among the candidates by their means downstream; 1 is best."""
    is_right: bool | None
    """Whether no candidate is significantly better than the pick; None for a single
    trial."""

    @property
    def is_below_naive(self) -> bool:
        """Whether the selecting method is significantly worse than naive."""
        return self.gain < 0 and self._is_significant

    @property
    def is_above_naive(self) -> bool:
        """Whether the selecting method is significantly better than naive."""
        return self.gain > 0 and self._is_significant

    @property
    def _is_significant(self) -> bool:
        return self.p_value is not None and self.p_value < SIGNIFICANT


def pick_rows(
    table: Sequence[TableRow], selections: Sequence[Selection]
) -> list[PickRow]:
    """Compare each selection with the downstream rows of all its candidates.

    Each task is judged by its first metric. The selecting method's own row stands for
    the pick. A candidate is significantly better if its two-sided paired t-test against
    that row, Holm corrected over the other candidates of the run, has p < 0.05 and its
    mean difference is above zero.

    Args:
        table: the rows of `tabulate`.
        selections: one for each run and selecting method.

    Returns:
        A row for each task and selection, in their order.

    Raises:
        KnowError: naming every row of the table that is missing.
    """
    entries = {_key(entry.row): entry for entry in table if entry.row.is_main}
    pairs = [
        (task, selection)
        for task in dict.fromkeys(key[0] for key in entries)
        for selection in selections
    ]
    raise_all(
        [
            f"{task} {run}: no row {method}, n={horizon}"
            for pair in pairs
            for task, run, method, horizon in _wanted(*pair)
            if (task, run, method, horizon) not in entries
        ],
        "the table lacks rows that a selection chose from",
    )
    return [_pick_row(task, selection, entries) for task, selection in pairs]


def _key(row: Row) -> Key:
    return row.task.task, row.run.run, row.method.method, row.horizon


def _wanted(task: str, selection: Selection) -> list[Key]:
    """Rows that a selection is compared with: its own, then its candidates'."""
    run = selection.run
    return [
        (task, run, selection.method, 0),
        *((task, run, c.method, c.horizon) for c in selection.candidates),
    ]


def _pick_row(
    task: str, selection: Selection, entries: Mapping[Key, TableRow]
) -> PickRow:
    own, *candidates = _wanted(task, selection)
    picked = (task, selection.run, selection.pick, selection.horizon)
    entry = entries[own]
    others = [key for key in candidates if key != picked]
    versus = {
        key: compare_pairs(entries[key].row.values, entry.row.values) for key in others
    }
    p_values = holm([versus[key].p_value for key in others])
    better = [
        p_value < SIGNIFICANT and versus[key].mean > 0
        for key, p_value in zip(others, p_values, strict=True)
        if p_value is not None
    ]
    ahead = [key for key in others if versus[key].mean > 0]
    best = max(ahead, key=lambda key: versus[key].mean, default=picked)
    regret = versus[best].mean if ahead else 0.0
    gain = entry.vs_naive.mean if entry.vs_naive else 0.0
    norms = entries[picked].vs_same_norms
    return PickRow(
        task=task,
        run=selection.run,
        method=selection.method,
        trials=len(entry.row.values),
        candidates=len(candidates),
        pick=selection.pick,
        horizon=selection.horizon,
        probe_gain=_probe_gain(selection),
        gain=gain,
        p_value=entry.vs_naive.p_value if entry.vs_naive else None,
        same_norms_gain=norms.mean if norms else None,
        p_value_same_norms=norms.p_value if norms else None,
        best=best[2],
        best_horizon=best[3],
        best_gain=gain + regret,
        regret=regret,
        rank=1 + len(ahead),
        is_right=not any(better) if len(better) == len(others) else None,
    )


def _probe_gain(selection: Selection) -> float:
    picked = (selection.pick, selection.horizon)
    return next(
        candidate.difference
        for candidate in selection.candidates
        if (candidate.method, candidate.horizon) == picked
    )


def selection_csv(rows: Sequence[PickRow]) -> str:
    """Render the rows, gains in percent points."""
    return csv_text(SELECTION_COLUMNS, [_cells(row) for row in rows])


def _cells(row: PickRow) -> list[str]:
    right = {True: "yes", False: "no", None: ""}
    return [
        row.task,
        row.run,
        row.method,
        str(row.trials),
        str(row.candidates),
        row.pick,
        str(row.horizon),
        decimals(row.probe_gain, 4),
        decimals(row.gain, 4),
        decimals(row.p_value, 6),
        decimals(row.same_norms_gain, 4),
        decimals(row.p_value_same_norms, 6),
        row.best,
        str(row.best_horizon),
        decimals(row.best_gain, 4),
        decimals(row.regret, 4),
        str(row.rank),
        right[row.is_right],
    ]


def read_selection_csv(paths: Iterable[Path]) -> list[PickRow]:
    """Read the rows of several tables, such as those of several configs.

    Args:
        paths: files of `selection_csv`.

    Raises:
        KnowError: naming every file that is no such table, and every row that is
            there twice, which would count as two pairs.
    """
    rows: list[PickRow] = []
    problems: list[str] = []
    for path in paths:
        try:
            with path.open(newline="") as file:
                rows += [_row(record) for record in csv.DictReader(file)]
        except (OSError, ValueError, KeyError) as error:
            problems.append(f"{path} is no table of selections: {error!r}")
    problems += [
        f"{row.task} {row.run} {row.method} is there {count} times"
        for row, count in Counter(rows).items()
        if count > 1
    ]
    raise_all(problems, "these tables cannot be pooled")
    return rows


def _row(record: Mapping[str, str]) -> PickRow:
    return PickRow(
        task=record["task"],
        run=record["run"],
        method=record["method"],
        trials=int(record["trials"]),
        candidates=int(record["candidates"]),
        pick=record["pick"],
        horizon=int(record["horizon"]),
        probe_gain=float(record["probe_gain"]),
        gain=float(record["gain"]),
        p_value=_optional(record["p_value"]),
        same_norms_gain=_optional(record["delta_vs_same_norms"]),
        p_value_same_norms=_optional(record["p_value_same_norms"]),
        best=record["best"],
        best_horizon=int(record["best_horizon"]),
        best_gain=float(record["best_gain"]),
        regret=float(record["regret"]),
        rank=int(record["rank"]),
        is_right={"yes": True, "no": False, "": None}[record["right"]],
    )


def _optional(text: str) -> float | None:
    return float(text) if text else None
