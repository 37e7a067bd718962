"""Figure 3 in numbers: how far predictions lie from true weights, over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from know.errors import raise_all
from know.landscape_record import COPY, TRUTH, Location
from know.reporting.statistics import sample_std
from know.reporting.text import csv_text, decimals

COLUMNS = (
    "view",
    "horizon",
    "kind",
    "method",
    "seeds",
    "distance_mean",
    "distance_std",
    "closer",
    "step_mean",
    "step_std",
    "cosine_mean",
    "cosine_std",
    "shown_mean",
    "accuracy_mean",
    "accuracy_std",
    "accuracy_vs_naive_mean",
    "accuracy_vs_naive_std",
)


@dataclass(frozen=True, kw_only=True)
class DistanceRow:
    """One method in one cell: (view, horizon, kind)."""

    view: str
    locations: tuple[Location, ...]
    """One a seed."""
    naive: tuple[Location, ...]
    """Theta_0 of the same runs."""

    @property
    def method(self) -> str:
        """Id of the method."""
        return self.locations[0].method

    @property
    def cell(self) -> tuple[int, str]:
        """Horizon and kind."""
        return self.locations[0].horizon, self.locations[0].kind

    @property
    def closer(self) -> int:
        """In how many seeds the weights lie closer to the truth than Theta_0."""
        return sum(location.distance < 1 for location in self.locations)

    def values(self, name: str) -> list[float]:
        """A field of `Location` over the seeds, without those that have none."""
        found = [getattr(location, name) for location in self.locations]
        return [value for value in found if value is not None]

    def gains(self) -> list[float]:
        """Accuracy over that of Theta_0, percent points; none for one kind alone."""
        pairs = zip(self.locations, self.naive, strict=True)
        return [
            own.accuracy - base.accuracy
            for own, base in pairs
            if own.accuracy is not None and base.accuracy is not None
        ]


def tabulate_locations(
    locations: Sequence[Location],
    *,
    views: Mapping[str, Sequence[str]],
    methods: Sequence[str],
) -> list[DistanceRow]:
    """Gather the seeds of each view, horizon, kind and method.

    Args:
        locations: of all runs.
        views: ids of each view's runs, one a seed.
        methods: in the table's order; Theta_0 and the truth come before them.

    Returns:
        The rows by view, horizon, kind, then method.

    Raises:
        KnowError: naming every run that lacks what another of its view has.
    """
    found = {(x.run, x.horizon, x.kind, x.method): x for x in locations}
    rows: list[DistanceRow] = []
    problems: list[str] = []
    for view, runs in views.items():
        of_view = [x for x in locations if x.run in set(runs)]
        for horizon, kind in dict.fromkeys((x.horizon, x.kind) for x in of_view):
            cell = {
                method: [found.get((run, horizon, kind, method)) for run in runs]
                for method in [COPY, TRUTH, *methods]
            }
            problems += [
                f"view {view}, run {run}: no {method}, horizon {horizon}, kind {kind}"
                for method, row in cell.items()
                for run, location in zip(runs, row, strict=True)
                if location is None
            ]
            whole = {m: tuple(x for x in row if x) for m, row in cell.items()}
            rows += [
                DistanceRow(view=view, locations=row, naive=whole[COPY])
                for row in whole.values()
            ]
        if not of_view:
            problems.append(f"view {view}: no run of it has locations")
    raise_all(problems, "the table of Figure 3 lacks locations")
    return rows


def landscape_csv(rows: Sequence[DistanceRow]) -> str:
    """Render the table as CSV."""
    return csv_text(COLUMNS, [_cells(row) for row in rows])


def _cells(row: DistanceRow) -> list[str]:
    horizon, kind = row.cell
    return [
        row.view,
        str(horizon),
        kind,
        row.method,
        str(len(row.locations)),
        *_mean_and_std(row.values("distance")),
        str(row.closer),
        *_mean_and_std(row.values("step")),
        *_mean_and_std(row.values("cosine")),
        *_mean_and_std(row.values("shown"))[:1],
        *_mean_and_std(row.values("accuracy")),
        *_mean_and_std(row.gains()),
    ]


def _mean_and_std(values: Sequence[float]) -> list[str]:
    if not values:
        return ["", ""]
    std = sample_std(values)
    return [decimals(fmean(values), 4), "" if std is None else decimals(std, 4)]
