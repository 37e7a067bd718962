"""Figure 3: accuracy around a route, predictions on it, and distances over seeds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from numpy.typing import NDArray

from know.landscape_record import ALL, COPY, TRUTH
from know.reporting.svg import REFERENCE, bare_axes, house_style

# Shape suffixes: M points, L landmarks.

_MARKERS = "os^vD<>pPXhd"
# Colours that the map has none of; with the markers, no two of 60 methods look alike.
_FILLS = ("#d62728", "#ffffff", "#ff7f0e", "#e377c2", "#8c564b")
_POINTS_A_CELL = 4
_MOST_CELLS = 60
"""Along the first axis."""
_FARTHEST = 2.0
"""Distances above this are drawn at the edge of the panel."""


@dataclass(frozen=True)
class Landscape:
    """One map, from the arrays and attributes of its store."""

    title: str
    arrays: Mapping[str, NDArray[np.float64]]
    attributes: Mapping[str, Any]

    def places(self, method: str | None) -> dict[int, NDArray[np.float64]]:
        """Where a method's predictions fall, or the route if None, by their stage."""
        marks = zip(
            self.attributes["landmarks"],
            self.arrays["landmark_coordinates"],
            strict=True,
        )
        return {m["stage"]: place for m, place in marks if m["method"] == method}


@house_style()
def draw_landscapes(
    landscapes: Mapping[str, Landscape], locations: pd.DataFrame
) -> Figure:
    """Draw a map for each view, and below it the distances over its seeds.

    A cell of a map is the mean accuracy of the points in it, of whatever noise; there
    is none where no point fell. The distances are those at one stage ahead.
    """
    is_ahead = (locations["horizon"] == 1) & (locations["kind"] == ALL)
    ahead = locations[is_ahead]
    methods = ahead["method"][~ahead["method"].isin([COPY, TRUTH])].unique()
    looks = {method: _look(place) for place, method in enumerate(methods)}
    size = (1.4 + 4.6 * len(landscapes), 5.0 + 0.2 * len(methods))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(2, len(landscapes), squeeze=False)
    for (upper, lower), (view, landscape) in zip(
        axes.T, landscapes.items(), strict=True
    ):
        cells = _draw_map(upper, landscape, looks)
        figure.colorbar(cells, ax=upper, label="test accuracy (%)", shrink=0.8)
        _draw_distances(lower, ahead[ahead["view"] == view], looks)
    for ax in axes[1, 1:]:
        ax.set_yticklabels([])
    return figure


def _look(place: int) -> dict[str, Any]:
    """Marker and colour of a method, the same wherever it is drawn."""
    return {
        "marker": _MARKERS[place % len(_MARKERS)],
        "markerfacecolor": _FILLS[place % len(_FILLS)],
        "markeredgecolor": "black",
        "markeredgewidth": 0.6,
        "markersize": 7,
        "linestyle": "",
    }


def _draw_map(
    ax: Axes, landscape: Landscape, looks: Mapping[str, Mapping[str, Any]]
) -> ScalarMappable:
    x_M, y_M = landscape.arrays["point_coordinates"].T
    accuracy_M = landscape.arrays["point_accuracy"]
    across = min(_MOST_CELLS, max(4, math.isqrt(len(x_M) // _POINTS_A_CELL)))
    up = max(2, round(across * np.ptp(y_M) / np.ptp(x_M) / math.sqrt(3)))
    cells = ax.hexbin(
        x_M,
        y_M,
        C=accuracy_M,
        gridsize=(across, up),
        cmap="viridis",
        vmin=np.quantile(accuracy_M, 0.02),
        linewidths=0.2,
    )
    ax.set_aspect("equal")
    limits = ax.axis()
    stages = landscape.places(None)
    ax.plot(*np.array(list(stages.values())).T, "o-k", linewidth=1, markersize=3.5)
    for stage, place in stages.items():
        if stage < 0:
            ax.plot(*place, "*k", markersize=11, markerfacecolor="white")
        if stage <= 0 or stage == max(stages):
            label = rf"$\Theta_{{{stage}}}$"
            ax.annotate(label, tuple(place), (4, -11), textcoords="offset points")
    for method, look in looks.items():
        for place in landscape.places(method).values():
            ax.plot(*place, **look)
    ax.axis(limits)
    shares = [f"{100 * share:.0f} %" for share in landscape.attributes["explained"]]
    ax.set_title(landscape.title)
    ax.set_xlabel(f"principal component 1 ({shares[0]} of the route's variance)")
    ax.set_ylabel(f"component 2 ({shares[1]})")
    return cells


def _draw_distances(
    ax: Axes, locations: pd.DataFrame, looks: Mapping[str, Mapping[str, Any]]
) -> None:
    ax.axvline(1.0, zorder=1, **REFERENCE)
    accuracies = locations.groupby("method")["accuracy"].agg(fmean)
    distances = locations["distance"].clip(upper=_FARTHEST)
    named = [method for method in looks if method in accuracies]
    for place, method in enumerate(named):
        shown = distances[locations["method"] == method]
        ax.plot(shown, [place] * len(shown), clip_on=False, **looks[method])
        _write_beside(ax, place, f"{accuracies[method]:.1f} %")
    _write_beside(ax, -1, "accuracy")
    ax.set_title(
        rf"$\Theta_0$ {accuracies[COPY]:.1f} %, $\Theta_{{-1}}$ "
        f"{accuracies[TRUTH]:.1f} %, {locations['run'].nunique()} seeds",
        fontsize="medium",
    )
    ax.set_yticks(range(len(named)), named)
    ax.set_ylim(len(named) - 0.4, -0.6)
    ax.set_xlabel(r"distance to $\Theta_{-1}$; copying $\Theta_0$ is 1")
    bare_axes(ax, grid="x")


def _write_beside(ax: Axes, place: float, text: str) -> None:
    """Write to the right of the panel, at a row."""
    ax.annotate(text, (1.01, place), xycoords=("axes fraction", "data"), va="center")
