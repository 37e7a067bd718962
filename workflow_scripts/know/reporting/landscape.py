"""Figure 3 in numbers: how far predictions lie from true weights, over seeds."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
import pandas as pd

from know.errors import raise_all
from know.landscape_record import COPY, TRUTH, Location
from know.reporting.frames import csv_text, each_row
from know.reporting.statistics import sample_std

_ROW = ["view", "horizon", "kind", "method"]
_MEASURES = ("distance", "step", "cosine", "shown", "accuracy", "accuracy_vs_naive")
_COLUMNS = """\
view horizon kind method seeds distance_mean distance_std closer step_mean step_std \
cosine_mean cosine_std shown_mean accuracy_mean accuracy_std accuracy_vs_naive_mean \
accuracy_vs_naive_std"""


def collect_locations(
    locations: Sequence[Location],
    *,
    views: Mapping[str, Sequence[str]],
    methods: Sequence[str],
) -> pd.DataFrame:
    """Gather the locations of each view's runs.

    Args:
        locations: locations of all runs.
        views: ids of each view's runs, one per seed.
        methods: methods in the table's order; Theta_0 and the truth come before them.

    Returns:
        A line per location and view, by view, horizon, kind, method, then run: the
        fields of `Location`, `view`, and `accuracy_vs_naive`, the accuracy over that
        of Theta_0 in percent points.

    Raises:
        KnowError: naming every run that lacks what another of its view has.
    """
    found = pd.DataFrame.from_records([vars(location) for location in locations])
    found = found.astype(dict.fromkeys(_MEASURES[:-1], float))
    found = found.set_index(["horizon", "kind", "method", "run"])
    parts: list[pd.DataFrame] = []
    problems: list[str] = []
    for view, runs in views.items():
        own = found[found.index.get_level_values("run").isin(runs)]
        if own.empty:
            problems.append(f"view {view}: no run of it has locations")
            continue
        wanted = pd.MultiIndex.from_tuples(
            [
                (horizon, kind, method, run)
                for horizon, kind in each_row(
                    own.reset_index()[["horizon", "kind"]].drop_duplicates()
                )
                for method in (COPY, TRUTH, *methods)
                for run in runs
            ],
            names=found.index.names,
        )
        problems += [
            f"view {view}, run {run}: no {method}, horizon {horizon}, kind {kind}"
            for horizon, kind, method, run in wanted[~wanted.isin(own.index)]
        ]
        parts.append(own.reindex(wanted).reset_index().assign(view=view))
    raise_all(problems, "the table of Figure 3 lacks locations")
    rows = pd.concat(parts, ignore_index=True)
    naive = rows[rows["method"] == COPY].set_index(["view", "horizon", "kind", "run"])
    base = naive["accuracy"].rename("base")
    rows = rows.join(base, on=["view", "horizon", "kind", "run"])
    return rows.assign(accuracy_vs_naive=rows["accuracy"] - rows["base"])


def tabulate_locations(locations: pd.DataFrame) -> pd.DataFrame:
    """Summarise the seeds of each view, horizon, kind and method.

    Args:
        locations: the frame of `collect_locations`.

    Returns:
        The rows by view, horizon, kind, then method: means and deviations over seeds,
        and in how many of them the weights lie `closer` to the truth than Theta_0.
    """
    rows = locations.assign(closer=locations["distance"] < 1)
    groups = rows.groupby(_ROW, sort=False)
    table = groups.agg(seeds=("run", "size"), closer=("closer", "sum"))
    for name in _MEASURES:
        table[f"{name}_mean"] = groups[name].agg(_mean)
        table[f"{name}_std"] = groups[name].agg(_std)
    return table.reset_index()


def _mean(values: "pd.Series[float]") -> float:
    known = values.dropna()
    return fmean(known) if len(known) else np.nan


def _std(values: "pd.Series[float]") -> float:
    return sample_std(values.dropna())


def landscape_csv(table: pd.DataFrame) -> str:
    """Render the table as CSV."""
    return csv_text(table, _COLUMNS, {})
