"""A table over pre-training seeds: spreads over them, and their tests combined."""

from collections.abc import Sequence
from statistics import fmean

import pandas as pd

from know.errors import raise_all
from know.reporting.facts import TableFacts
from know.reporting.frames import csv_text, each_group
from know.reporting.statistics import (
    holm,
    pooled_std,
    sample_std,
    signed_z,
    stouffer,
    two_sided_p,
)
from know.reporting.table import REFERENCES, SHORT

POOLED = ["task", "metric", "fraction", "method", "factor"]
_SEEDS = """\
task metric fraction method stages factor seeds trials_per_seed mean std_over_seeds \
std_over_trials delta_vs_naive delta_std_over_seeds p_value delta_vs_same_norms \
p_value_same_norms"""


def over_seeds(table: pd.DataFrame, facts: TableFacts) -> pd.DataFrame:
    """Pool the rows of `tabulate` that differ only in their pre-training seed.

    The seeds' tests are combined row by row, then corrected by Holm over the pooled
    rows of the metric; the two comparisons are a family each.

    Returns:
        A row for each of `POOLED`, in this order: these columns, facts about the
        method, `seeds`, `trials_per_seed`, `mean`, `std_over_seeds`, `std_over_trials`;
        for each of `REFERENCES` the mean `delta`, its `delta_std`, the combined `z`,
        and `low` and `high` of a single seed, with its name behind them
        (`delta_vs_naive`); `p_value` and `p_value_same_norms`.

    Raises:
        KnowError: naming every group that holds a seed twice, or whose seeds ran
            different numbers of trials.
    """
    table = facts.in_order(table, [*POOLED, "run"])
    for name in REFERENCES:
        deltas, p_values = table[f"delta_vs_{name}"], table[f"p_vs_{name}"]
        table[f"z_vs_{name}"] = signed_z(deltas, p_values)
    raise_all(
        [
            f"{task} {metric} fraction {fraction:g} {method} x{factor:g}: wanted runs "
            f"of different seeds with equally many trials, {', '.join(rows['run'])} "
            f"have seeds {rows['seed'].to_list()}, trials {rows['trials'].to_list()}"
            for (task, metric, fraction, method, factor), rows in each_group(
                table, POOLED
            )
            if rows["seed"].duplicated().any() or rows["trials"].nunique() > 1
        ],
        "these rows cannot be pooled over seeds",
    )
    seeds = (
        table.groupby(POOLED, sort=False)
        .agg(
            **{name: (name, "first") for name in ("stages", "control", "paper_row")},
            seeds=("mean", "size"),
            trials_per_seed=("trials", "first"),
            mean=("mean", fmean),
            std_over_seeds=("mean", sample_std),
            std_over_trials=("std", pooled_std),
            **{
                f"{statistic}_vs_{name}": (f"{column}_vs_{name}", function)
                for name in REFERENCES
                for statistic, column, function in (
                    ("delta", "delta", fmean),
                    ("delta_std", "delta", sample_std),
                    ("low", "low", _only),
                    ("high", "high", _only),
                    ("z", "z", stouffer),
                )
            },
        )
        .reset_index()
    )
    for name, p_value in REFERENCES.items():
        seeds[f"p_vs_{name}"] = two_sided_p(seeds[f"z_vs_{name}"])
        families = seeds.groupby("metric", sort=False)[f"p_vs_{name}"]
        seeds[p_value] = families.transform(holm)
    return seeds


def _only(values: Sequence[float]) -> float:
    """The value of a single seed; NaN for several."""
    return next(iter(values)) if len(values) == 1 else float("nan")


def seeds_csv(seeds: pd.DataFrame) -> str:
    """Render the table over seeds, in the unit of each metric."""
    names = {"delta_std_vs_naive": "delta_std_over_seeds"}
    fine = dict.fromkeys(REFERENCES.values(), ".6f")
    return csv_text(seeds.rename(columns=names), _SEEDS, {**SHORT, **fine})
