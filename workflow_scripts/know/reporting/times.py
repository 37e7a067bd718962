"""Table 7: what each row's weights cost in seconds, and what accuracy they reached."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from know.errors import raise_all
from know.reporting.facts import RunFacts, TableFacts
from know.reporting.text import csv_text, decimals

PARTS = ("pretraining", "forgetting", "storing", "prediction")
"""What the jobs behind a row did, in their order."""
TIMED_COLUMNS = (
    *("run", "fraction", "task", "metric", "method", "factor"),
    *(f"{part}_seconds" for part in PARTS),
    *("total_seconds", "training_ratio", "geometric_ratio"),
    *("downstream_seconds", "trials", "mean", "std"),
)


@dataclass(frozen=True, kw_only=True)
class TimedRow:
    """One row of a table, with the wall time of the jobs that made its weights."""

    run: RunFacts
    task: str
    metric: str
    method: str
    factor: float
    seconds: Mapping[str, float]
    """By part; a part that the method does without is absent."""
    downstream: float
    """Mean seconds of fine-tuning, a trial."""
    trials: int
    mean: float
    """Of the metric, over the trials."""
    std: float | None

    @property
    def total(self) -> float:
        """Seconds of everything before fine-tuning."""
        return sum(self.seconds.values())

    @property
    def training(self) -> float:
        """Seconds of pre-training and forgetting, as the paper counts."""
        return self.seconds["pretraining"] + self.seconds.get("forgetting", 0.0)

    @property
    def ratio(self) -> float | None:
        """Pre-training and forgetting over pre-training; None without forgetting."""
        if "forgetting" not in self.seconds:
            return None
        return self.training / self.seconds["pretraining"]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How much data each stage of forgetting sees."""

    rate: float
    """r, data of a stage over the one before, in (0, 1)."""
    stages: int
    """S, all data included."""

    @property
    def ratio(self) -> float:
        """Training time over pre-training time, if time went by data alone.

        Source: section 6.2: 1 + r + ... + r^(S - 1).
        """
        return (1 - self.rate**self.stages) / (1 - self.rate)


def collect_times(
    table: str, times: str, facts: TableFacts, rows: Sequence[Mapping[str, Any]]
) -> list[TimedRow]:
    """Put the seconds of a table's jobs beside its values.

    Args:
        table: text of the table's CSV file.
        times: text of its file of fine-tuning times.
        facts: of the table; its first task and metric are shown.
        rows: run, method, factor and `benchmarks` (files by part) of each row wanted.

    Returns:
        A row for each of `rows`.

    Raises:
        KnowError: naming every row that the table lacks, and every file that is no
            benchmark of Snakemake's.
    """
    task, metric = facts.tasks[0].task, facts.metrics[0]
    values = {_key(r): r for r in _records(table) if r["metric"] == metric}
    downstream = {_key(r): float(r["seconds_mean"]) for r in _records(times)}
    files = {f for row in rows for each in row["benchmarks"].values() for f in each}
    seconds = _all_seconds(sorted(files))
    keys = [(row["run"], task, row["method"], f"{row['factor']:g}") for row in rows]
    raise_all(
        [f"no row {' '.join(key)}" for key in keys if key not in values],
        "the table lacks rows whose cost is wanted",
    )
    runs = {run.run: run for run in facts.runs}
    return [
        TimedRow(
            run=runs[row["run"]],
            task=task,
            metric=metric,
            method=row["method"],
            factor=row["factor"],
            seconds={
                part: sum(seconds[file] for file in each)
                for part, each in row["benchmarks"].items()
            },
            downstream=downstream[key],
            trials=int(values[key]["trials"]),
            mean=float(values[key]["mean"]),
            std=float(values[key]["std"]) if values[key]["std"] else None,
        )
        for row, key in zip(rows, keys, strict=True)
    ]


def _records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _key(record: Mapping[str, str]) -> tuple[str, str, str, str]:
    return record["run"], record["task"], record["method"], record["factor"]


def _all_seconds(files: Sequence[str]) -> dict[str, float]:
    seconds, problems = {}, []
    for file in files:
        try:
            seconds[file] = read_seconds(Path(file))
        except (OSError, ValueError, KeyError) as error:
            problems.append(f"{file}: {error!r}")
    raise_all(problems, "these are not benchmarks of Snakemake's")
    return seconds


def read_seconds(path: Path) -> float:
    """Wall time of a job, from the file in which Snakemake notes it.

    Args:
        path: of a rule's `benchmark`; the mean of several rows is taken.

    Raises:
        OSError: if it cannot be read.
        KeyError: if it has no column `s`.
        ValueError: if it has no row, or one without a number.
    """
    with path.open(newline="") as file:
        return fmean(float(row["s"]) for row in csv.DictReader(file, delimiter="\t"))


def timed_csv(rows: Sequence[TimedRow], schedule: Schedule) -> str:
    """Render Table 7, in seconds and in the metric's unit."""
    return csv_text(TIMED_COLUMNS, [_cells(row, schedule) for row in rows])


def _cells(row: TimedRow, schedule: Schedule) -> list[str]:
    return [
        row.run.run,
        f"{row.run.fraction:g}",
        row.task,
        row.metric,
        row.method,
        f"{row.factor:g}",
        *(decimals(row.seconds.get(part), 2) for part in PARTS),
        decimals(row.total, 2),
        decimals(row.ratio, 4),
        "" if row.ratio is None else decimals(schedule.ratio, 4),
        decimals(row.downstream, 3),
        str(row.trials),
        decimals(row.mean, 4),
        decimals(row.std, 4),
    ]
