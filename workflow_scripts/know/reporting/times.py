"""Table 7: cost in seconds of each row's weights, and the accuracy they reached."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd

from know.errors import raise_all
from know.reporting.facts import TableFacts
from know.reporting.frames import csv_text, each_row
from know.reporting.table import SHORT

PARTS = ("pretraining", "forgetting", "storing", "prediction")
"""Work of the jobs behind a row, in order."""
_TIMED = """\
run fraction task metric method factor pretraining_seconds forgetting_seconds \
storing_seconds prediction_seconds total_seconds training_ratio geometric_ratio \
downstream_seconds trials mean std"""


def geometric_ratio(rate: float, stages: int) -> float:
    """Training time over pre-training time, if time went by data alone.

    Source: section 6.2: 1 + r + ... + r^(S - 1).

    Args:
        rate: r, data of a stage over the one before, in (0, 1).
        stages: S, including the stage of all data.
    """
    return (1 - rate**stages) / (1 - rate)


def tabulate_times(
    table: pd.DataFrame,
    times: pd.DataFrame,
    facts: TableFacts,
    *,
    rows: Sequence[Mapping[str, Any]],
    rate: float,
    stages: int,
) -> pd.DataFrame:
    """Put the seconds of a table's jobs beside its values.

    Args:
        table: the table's CSV file.
        times: its CSV file of fine-tuning times.
        facts: facts about the table; its first task and metric are shown.
        rows: run, method, factor and `benchmarks` (files by part) of each row wanted.
        rate: r of the forgetting of all runs.
        stages: its S.

    Returns:
        A line for each of `rows`: seconds by part (missing if the method does without
        it), their total, the ratio of pre-training and forgetting to pre-training, the
        mean seconds of fine-tuning per trial, and the metric's mean and deviation over
        the trials.

    Raises:
        KnowError: naming every row that the table lacks, and every file that is no
            benchmark of Snakemake's.
    """
    seconds = _seconds(rows)
    timed = pd.DataFrame([_line(row, seconds) for row in rows])
    timed["geometric_ratio"] = timed["training_ratio"].where(
        timed["training_ratio"].isna(), geometric_ratio(rate, stages)
    )
    # Factors of a CSV file are rounded.
    timed["factor"] = [float(f"{factor:g}") for factor in timed["factor"]]
    timed = timed.assign(task=facts.tasks[0]["task"], metric=facts.metrics[0])
    key = ["run", "task", "method", "factor"]
    values = table[[*key, "metric", "trials", "mean", "std"]]
    timed = timed.merge(values, how="left", on=[*key, "metric"])
    raise_all(
        [
            f"no row {row.run} {row.task} {row.method} {row.factor:g}"
            for row in each_row(timed[timed["mean"].isna()])
        ],
        "the table lacks rows whose cost is wanted",
    )
    downstream = times.rename(columns={"seconds_mean": "downstream_seconds"})
    timed = timed.merge(downstream[[*key, "downstream_seconds"]], how="left", on=key)
    return timed.join(facts.frame("run")["fraction"], on="run")


def _line(row: Mapping[str, Any], seconds: Mapping[str, float]) -> dict[str, Any]:
    parts = {
        part: sum(seconds[file] for file in files)
        for part, files in row["benchmarks"].items()
    }
    line = {name: row[name] for name in ("run", "method", "factor")}
    line |= {f"{part}_seconds": parts.get(part, math.nan) for part in PARTS}
    line["total_seconds"] = sum(parts.values())
    trained = parts["pretraining"] + parts.get("forgetting", math.nan)
    line["training_ratio"] = trained / parts["pretraining"]
    return line


def _seconds(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Wall time of every job, from the files in which Snakemake notes it."""
    files = {
        file for row in rows for part in row["benchmarks"].values() for file in part
    }
    seconds, problems = {}, []
    for file in sorted(files):
        try:
            seconds[file] = read_seconds(Path(file))
        except (OSError, ValueError, KeyError) as error:
            problems.append(f"{file}: {error!r}")
    raise_all(problems, "these are not benchmarks of Snakemake's")
    return seconds


def read_seconds(path: Path) -> float:
    """Read the wall time of a job from a rule's `benchmark` file.

    Args:
        path: the file; the mean of several rows is taken.

    Raises:
        OSError: if it cannot be read.
        KeyError: if it has no column `s`.
        ValueError: if it has no row, or one without a number.
    """
    column = pd.read_csv(path, sep="\t", float_precision="round_trip")["s"]
    if column.empty or not pd.api.types.is_numeric_dtype(column) or column.isna().any():
        raise ValueError(f"wanted numbers in the column s, found {column.to_list()}")
    return fmean(column)


def timed_csv(rows: pd.DataFrame) -> str:
    """Render Table 7, in seconds and in the metric's unit."""
    forms = {f"{part}_seconds": ".2f" for part in (*PARTS, "total")}
    forms |= {**SHORT, "downstream_seconds": ".3f"}
    return csv_text(rows, _TIMED, forms)
