"""Figure 3 in numbers: how far predictions lie from true weights, over seeds."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import pandas as pd

from know.errors import raise_all
from know.landscape_record import COPY, TRUTH, Location
from know.reporting.frames import csv_text, each_item, in_order
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
    """Gather the locations of each view's runs, one per seed.

    Of each view, Theta_0 and the truth come before the `methods`.

    Returns:
        A line per location and view, by view, horizon, kind, method, then run: the
        fields of `Location`, `view`, and `accuracy_vs_naive`, the accuracy over that
        of Theta_0 in percent points.

    Raises:
        KnowError: naming every row of the table that only some runs of its view have.
    """
    rows = pd.DataFrame.from_records([vars(location) for location in locations])
    rows = rows.astype(dict.fromkeys(_MEASURES[:-1], float))
    view_of = {run: view for view, runs in views.items() for run in runs}
    rows["view"] = rows["run"].map(view_of)
    orders = {
        "view": views,
        "kind": rows["kind"],
        "method": [COPY, TRUTH, *methods],
        "run": view_of,
    }
    rows = in_order(rows, [*_ROW, "run"], orders)
    sizes = rows.groupby(_ROW, sort=False).size()
    raise_all(
        [
            f"view {view}: {size} of {len(views[view])} runs have {method}, horizon "
            f"{horizon}, kind {kind}"
            for (view, horizon, kind, method), size in each_item(sizes)
            if size < len(views[view])
        ],
        "the table of Figure 3 lacks locations",
    )
    key = ["run", "horizon", "kind"]
    naive = rows[rows["method"] == COPY].set_index(key)["accuracy"].rename("naive")
    accuracies = rows.join(naive, on=key)
    return rows.assign(accuracy_vs_naive=accuracies["accuracy"] - accuracies["naive"])


def tabulate_locations(locations: pd.DataFrame) -> pd.DataFrame:
    """Summarise the frame of `collect_locations` over seeds.

    A row for each view, horizon, kind and method: means and deviations over seeds, and
    in how many of them the weights lie `closer` to the truth than Theta_0.
    """
    rows = locations.assign(closer=locations["distance"] < 1)
    groups = rows.groupby(_ROW, sort=False)
    table = groups.agg(seeds=("run", "size"), closer=("closer", "sum"))
    for name in _MEASURES:
        known = rows.dropna(subset=name).groupby(_ROW, sort=False)[name]
        table[f"{name}_mean"] = known.agg(fmean)
        table[f"{name}_std"] = known.agg(sample_std)
    return table.reset_index()


def landscape_csv(table: pd.DataFrame) -> str:
    """Render the table as CSV."""
    return csv_text(table, _COLUMNS, {})
