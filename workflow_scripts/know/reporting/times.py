"""Table 7: cost in seconds of each row's weights, and the accuracy they reached."""

from collections.abc import Mapping, Sequence
from functools import cache
from statistics import fmean
from typing import Any

import pandas as pd

from know.reporting.facts import TableFacts
from know.reporting.frames import csv_text
from know.reporting.table import SHORT

PARTS = ("pretraining", "forgetting", "storing", "prediction")
"""Work of the jobs behind a row, in order."""
_PARTS_SECONDS = [f"{part}_seconds" for part in PARTS]
_KEY = ["run", "task", "method", "factor"]
_TIMED = """\
run fraction task metric method factor pretraining_seconds forgetting_seconds \
storing_seconds prediction_seconds total_seconds training_ratio geometric_ratio \
downstream_seconds trials mean std"""


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
        stages: its S, including the stage of all data.

    Returns:
        A line for each of `rows`: seconds by part (missing if the method does without
        it), their total, the ratio of pre-training and forgetting to pre-training, the
        one expected if time went by data alone, the mean seconds of fine-tuning per
        trial, and the metric's mean and deviation over the trials.
    """
    # Snakemake notes a job's wall time. Most jobs stand behind several rows.
    read = cache(lambda file: fmean(pd.read_csv(file, sep="\t")["s"]))
    timed = pd.DataFrame(
        {
            **{name: row[name] for name in ("run", "method")},
            "task": facts.tasks[0]["task"],
            "metric": facts.metrics[0],
            # Factors of a CSV file are rounded.
            "factor": float(f"{row['factor']:g}"),
            **{
                f"{part}_seconds": sum(map(read, files))
                for part, files in row["benchmarks"].items()
            },
        }
        for row in rows
    )
    timed = timed.reindex(columns=[*_KEY, "metric", *_PARTS_SECONDS])
    timed["total_seconds"] = timed[_PARTS_SECONDS].sum(axis=1)
    training = timed["pretraining_seconds"] + timed["forgetting_seconds"]
    timed["training_ratio"] = training / timed["pretraining_seconds"]
    # Section 6.2: 1 + r + ... + r^(S - 1).
    geometric = (1 - rate**stages) / (1 - rate)
    timed.loc[timed["training_ratio"].notna(), "geometric_ratio"] = geometric
    key = pd.MultiIndex.from_frame(timed[[*_KEY, "metric"]])
    values = table.set_index(key.names).loc[key, ["fraction", "trials", "mean", "std"]]
    timed = timed.join(values.reset_index(drop=True))
    seconds = times.set_index(_KEY)["seconds_mean"].rename("downstream_seconds")
    return timed.join(seconds, on=_KEY)


def timed_csv(rows: pd.DataFrame) -> str:
    """Render Table 7, in seconds and in the metric's unit."""
    forms = dict.fromkeys([*_PARTS_SECONDS, "total_seconds"], ".2f")
    return csv_text(rows, _TIMED, {**forms, **SHORT, "downstream_seconds": ".3f"})
