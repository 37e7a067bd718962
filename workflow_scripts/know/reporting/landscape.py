"""Figure 3 in numbers: how far predictions lie from true weights, over seeds."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import pandas as pd

from know.errors import raise_all
from know.landscape_record import ALL, COPY, TRUTH, Location
from know.reporting.frames import csv_text, in_order, not_as_planned
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
    horizons: Sequence[int],
) -> pd.DataFrame:
    """Gather the locations of each view's runs, one per seed.

    Of each view, Theta_0 and the truth come before the `methods`.

    Returns:
        A line per location and view, by view, horizon, kind, method, then run: the
        fields of `Location`, `view`, and `accuracy_vs_naive`, the accuracy over that
        of Theta_0 in percent points.

    Raises:
        KnowError: naming every location that is missing, there twice, or not planned:
            each run has every method at every horizon, of all weights together and of
            each kind that its view has.
    """
    _check_planned(locations, views, [COPY, TRUTH, *methods], horizons)
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
    key = ["run", "horizon", "kind"]
    naive = rows[rows["method"] == COPY].set_index(key)["accuracy"].rename("naive")
    accuracies = rows.join(naive, on=key)
    return rows.assign(accuracy_vs_naive=accuracies["accuracy"] - accuracies["naive"])


def _check_planned(
    locations: Sequence[Location],
    views: Mapping[str, Sequence[str]],
    methods: Sequence[str],
    horizons: Sequence[int],
) -> None:
    wanted = (
        (run, method, horizon, kind)
        for runs in views.values()
        for kind in {ALL, *(x.kind for x in locations if x.run in runs)}
        for run in runs
        for method in methods
        for horizon in horizons
    )
    found = ((x.run, x.method, x.horizon, x.kind) for x in locations)
    raise_all(
        [
            f"{run} {method} (horizon {horizon}), kind {kind}: {what}"
            for place, what in not_as_planned(found, wanted).items()
            for run, method, horizon, kind in [place]
        ],
        "the locations are not those that Figure 3 wants; delete the files of these, "
        "results/landscape/{run}/locations.json, and run again",
    )


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
