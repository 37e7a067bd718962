"""Table 7: cost in seconds of each row's weights, and the accuracy they reached."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

import pandas as pd

from know.errors import raise_all
from know.reporting.facts import NAIVE, TableFacts, is_oracle
from know.reporting.frames import cell, csv_text, each_group, each_row
from know.reporting.paper import PAPER_TABLES
from know.reporting.statistics import Comparison, compare, pooled_std
from know.reporting.table import SHORT
from know.reporting.text import (
    interval,
    markdown_grid,
    metric_title,
    paragraphs,
    percent,
    plus_minus,
)

PARTS = ("pretraining", "forgetting", "storing", "prediction")
"""Work of the jobs behind a row, in order."""
_PARTS_SECONDS = [f"{part}_seconds" for part in PARTS]
_KEY = ["run", "task", "method", "factor"]
_TIMED = """\
run fraction task metric method factor compute pretraining_seconds forgetting_seconds \
storing_seconds prediction_seconds total_seconds training_ratio geometric_ratio \
downstream_seconds trials mean std"""
_LEGEND = """\
Seconds are the wall time of whole jobs as Snakemake measured it, start-up and \
reading included; *downstream* is the time of fine-tuning alone, per trial. Means over \
the pre-training seeds of a row; ± is the standard deviation over trials within a seed \
(root mean square over seeds). *Storing* puts the stages of a trajectory into one \
store. One job predicts every horizon, so its time stands in the row of each. A job \
that was killed and resumed counts from where it resumed."""
_MACHINE = """\
This page was made on {processor}, {cores} cores, {system}; on a cluster its jobs may \
have run elsewhere."""
_PAPER = """\
Columns headed *paper* are the published Table 7 ({setting}); its training time is \
that of pre-training and forgetting together."""
_COMPUTE = """\
*Compute* is the number of images that the trainings behind a row see, repeats \
included, over that of naive's. It is planned, not measured; whatever reads a \
trajectory is charged all of it, and the training of hypernetworks is left out. *Gain* \
is the mean difference to naive over pre-training seeds, with its 95 % interval. The \
interval is that of a row named beforehand: the best of many rows is best partly by \
luck."""
TWICE = 2
"""Most compute, over naive's, of the rows among which the page names the first."""
_RATIO = """\
Pre-training and forgetting over pre-training. *Expected* is (1 - r^S) / (1 - r), the \
ratio if time went by data alone: here r = {rate:g}, S = {stages}."""


def tabulate_times(
    table: pd.DataFrame,
    facts: TableFacts,
    *,
    rows: Sequence[Mapping[str, Any]],
    rate: float,
    stages: int,
) -> pd.DataFrame:
    """Put the seconds of a table's jobs beside its values.

    Args:
        table: rows of `know.reporting.table.tabulate`.
        facts: facts about the table; its first task and metric are shown.
        rows: run, method, factor, `compute` (over naive's) and `benchmarks` (files by
            part) of each row wanted.
        rate: r of the forgetting of all runs.
        stages: its S, including the stage of all data.

    Returns:
        A line for each of `rows`: seconds by part (missing if the method does without
        it), their total, the ratio of pre-training and forgetting to pre-training, the
        one expected if time went by data alone, the mean seconds of fine-tuning per
        trial, and the metric's mean and deviation over the trials.

    Raises:
        KnowError: naming every benchmark that is missing or damaged.
    """
    # Most jobs stand behind several rows.
    seconds = read_seconds(
        {f for r in rows for of in r["benchmarks"].values() for f in of}
    )
    timed = pd.DataFrame(
        {
            **{name: row[name] for name in ("run", "method", "compute")},
            "task": facts.tasks[0]["task"],
            "metric": facts.metrics[0],
            # As in the frame of all trials.
            "factor": round(row["factor"], 6),
            **{
                f"{part}_seconds": sum(seconds[file] for file in files)
                for part, files in row["benchmarks"].items()
            },
        }
        for row in rows
    )
    timed = timed.reindex(columns=[*_KEY, "metric", "compute", *_PARTS_SECONDS])
    timed["total_seconds"] = timed[_PARTS_SECONDS].sum(axis=1)
    training = timed["pretraining_seconds"] + timed["forgetting_seconds"]
    timed["training_ratio"] = training / timed["pretraining_seconds"]
    # Section 6.2: 1 + r + ... + r^(S - 1).
    geometric = (1 - rate**stages) / (1 - rate)
    timed.loc[timed["training_ratio"].notna(), "geometric_ratio"] = geometric
    key = pd.MultiIndex.from_frame(timed[[*_KEY, "metric"]])
    table = table.rename(columns={"seconds_mean": "downstream_seconds"})
    wanted = ["fraction", "trials", "mean", "std", "downstream_seconds"]
    values = table.set_index(key.names).loc[key, wanted]
    return timed.join(values.reset_index(drop=True))


def read_seconds(files: Iterable[str]) -> dict[str, float]:
    """Read the wall time of jobs, in seconds, from benchmarks of Snakemake.

    Returns:
        By file, the mean over its lines, of which a repeated job has several.

    Raises:
        KnowError: naming every file that is missing or is no such benchmark, or whose
            seconds are not those of its hours, minutes and seconds.
    """
    found, problems = {}, []
    for file in sorted(files):
        try:
            found[file] = _mean_seconds(pd.read_csv(file, sep="\t"))
        except (OSError, ValueError, KeyError) as error:
            problems.append(f"{file}: {error}")
    raise_all(problems, "these are no benchmarks; run their jobs again")
    return found


def _mean_seconds(benchmark: pd.DataFrame) -> float:
    seconds = benchmark["s"].astype(float)
    whole = pd.to_timedelta(benchmark["h:m:s"].astype(str).str.replace(",", ""))
    # Cut down to whole seconds, where the other column is rounded to 0.1 ms.
    further = seconds - whole.dt.total_seconds()
    if benchmark.empty or not further.between(-1e-3, 1 + 1e-3).all():
        raise ValueError("s and h:m:s are not the same time")
    return fmean(seconds)


def timed_csv(rows: pd.DataFrame) -> str:
    """Render Table 7, in seconds and in the metric's unit."""
    forms = dict.fromkeys([*_PARTS_SECONDS, "total_seconds", "compute"], ".2f")
    return csv_text(rows, _TIMED, {**forms, **SHORT, "downstream_seconds": ".3f"})


def times_page(
    rows: pd.DataFrame,
    facts: TableFacts,
    *,
    rate: float,
    stages: int,
    note: str,
    machine: Mapping[str, Any],
) -> str:
    """Render the frame of `tabulate_times` as a Markdown page.

    What accuracy a row gains for its compute comes first, then seconds, then measured
    against expected ratios.
    """
    paper = PAPER_TABLES["table7"]
    paper_rows = {method["method"]: method["paper_row"] for method in facts.methods}
    lines, published = [], []
    key = ["method", "factor", "fraction"]
    for (method, factor, fraction), group in each_group(rows, key):
        row = f"{paper_rows[method]} {percent(fraction)}"
        published.append([paper.cell(row, factor, c) for c in paper.columns])
        parts = [group[f"{part}_seconds"].mean() for part in (*PARTS, "total")]
        reached = plus_minus(group["mean"].mean(), pooled_std(group["std"].to_list()))
        downstream = group["downstream_seconds"].mean()
        seconds = [_short(s) for s in (*parts, downstream)]
        place = [method, f"x{factor:g}", percent(fraction), str(len(group))]
        lines.append([*place, *seconds, reached])
    head = ["method", "factor", "data", "seeds", *PARTS, "sum", "downstream"]
    head.append(metric_title(facts.metrics[0]))
    if any(map(any, published)):
        head += [f"paper {column}" for column in paper.columns]
        lines = [
            [*ours, *theirs] for ours, theirs in zip(lines, published, strict=True)
        ]
    by_run = rows.dropna(subset="training_ratio").drop_duplicates("run", keep="last")
    ratios = [
        [f"`{row.run}`", f"{row.training_ratio:.3f}", f"{row.geometric_ratio:.3f}"]
        for row in each_row(by_run)
    ]
    return paragraphs(
        [
            "# Table 7",
            note.strip(),
            _LEGEND,
            _MACHINE.format(**machine),
            *_gains(rows),
            "## Seconds",
            _PAPER.format(setting=paper.setting) if any(map(any, published)) else "",
            markdown_grid(head, lines),
            "## Forgetting against pre-training",
            _RATIO.format(rate=rate, stages=stages),
            markdown_grid(["run", "measured", "expected"], ratios),
        ]
    )


def _gains(rows: pd.DataFrame) -> list[str]:
    """Paragraphs that set the gain over naive against compute, the best row first."""
    naive = rows[rows["method"] == NAIVE].set_index("run")["mean"]
    others = rows[rows["method"] != NAIVE]
    others = others.assign(gain=others["mean"] - others["run"].map(naive))
    groups = each_group(others, ["fraction", "method", "factor"])
    found = [
        (*row, of["compute"].mean(), len(of), compare(of["gain"])) for row, of in groups
    ]
    found.sort(key=lambda row: (row[0], -row[-1].delta))
    best = []
    for data in dict.fromkeys(fraction for fraction, *_ in found):
        affordable = [
            f"**{method} x{factor:g}**: {_gain(gain)}"
            for fraction, method, factor, compute, _, gain in found
            if fraction == data and compute <= TWICE and not is_oracle(method)
        ]
        if affordable:
            best.append(
                f"With {percent(data)} of the data, of the {len(affordable)} rows that "
                f"cost at most twice naive's training, the first is {affordable[0]}."
            )
    lines = [
        [
            *(percent(fraction), method, f"x{factor:g}", f"{compute:.2f}"),
            *(str(seeds), _gain(gain)),
        ]
        for fraction, method, factor, compute, seeds, gain in found
    ]
    head = ["data", "method", "factor", "compute", "seeds", "gain"]
    return ["## Gain for compute", _COMPUTE, *best, markdown_grid(head, lines)]


def _gain(gain: Comparison) -> str:
    return f"{gain.delta:+z.2f}" + interval(gain.low, gain.high)


def _short(seconds: float) -> str:
    """One decimal, two if the time is short."""
    return cell(seconds, ".2f" if seconds < 10 else ",.1f")
