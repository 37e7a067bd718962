"""Figure 3: accuracy around a route, predictions on it, and distances over seeds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from know.errors import KnowError
from know.landscape_record import COPY, TRUTH
from know.reporting.landscape import DistanceRow
from know.reporting.svg import house_style, save_svg

# Shape suffixes: M points, L landmarks.

_MARKERS = "o^v<>sDpPXhd"
_ALL_KINDS = "predicted"
_POINTS_A_CELL = 4
_COLOURS = "viridis"
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
        """Where a method's predictions fall, by the stage that they are of.

        Args:
            method: its id; None for the stages of the route themselves.
        """
        marks = zip(
            self.attributes["landmarks"],
            self.arrays["landmark_coordinates"],
            strict=True,
        )
        return {m["stage"]: place for m, place in marks if m["method"] == method}


def plot_landscapes(
    landscapes: Mapping[str, Landscape], rows: Sequence[DistanceRow], path: Path
) -> None:
    """Draw a map for each view, and below it the distances over its seeds, as SVG.

    A cell of a map is the mean accuracy of the points in it, of whatever noise; there
    is none where no point fell. The distances are those at one stage ahead.

    Args:
        landscapes: of each view, one run's.
        rows: of the table of Figure 3.
        path: SVG file to write.

    Raises:
        KnowError: if there is no view, or one has no distances.
    """
    ahead = [row for row in rows if row.cell == (1, _ALL_KINDS) and row.method != TRUTH]
    lacking = set(landscapes) - {row.view for row in ahead}
    if lacking or not landscapes:
        raise KnowError(
            "Figure 3 needs a view, and distances for each; "
            f"found {len(landscapes)} views, no distances for {sorted(lacking)}"
        )
    methods = list(dict.fromkeys(row.method for row in ahead if row.method != COPY))
    looks = {method: _look(i, len(methods)) for i, method in enumerate(methods)}
    accuracies_M = [each.arrays["point_accuracy"] for each in landscapes.values()]
    low, high = np.quantile(np.concatenate(accuracies_M), [0.02, 1.0])
    norm = Normalize(low, high)
    colours = ScalarMappable(norm, _COLOURS)
    with house_style():
        size = (1.4 + 4.6 * len(landscapes), 5.0 + 0.2 * len(methods))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(2, len(landscapes), squeeze=False)
        for (upper, lower), (view, landscape) in zip(
            axes.T, landscapes.items(), strict=True
        ):
            _draw_map(upper, landscape, norm, looks)
            _draw_distances(lower, [r for r in ahead if r.view == view], looks)
        for ax in axes[1, 1:]:
            ax.set_yticklabels([])
        figure.colorbar(colours, ax=list(axes[0]), label="test accuracy (%)", pad=0.01)
        save_svg(figure, path)


def _look(place: int, count: int) -> dict[str, Any]:
    """Marker and colour of a method, the same wherever it is drawn."""
    return {
        "marker": _MARKERS[place % len(_MARKERS)],
        "markerfacecolor": colormaps["tab20"](place % 20)
        if count <= 20
        else colormaps["turbo"](place / (count - 1)),
        "markeredgecolor": "white",
        "markeredgewidth": 0.6,
        "markersize": 7,
        "linestyle": "",
    }


def _draw_map(
    ax: Axes,
    landscape: Landscape,
    norm: Normalize,
    looks: Mapping[str, Mapping[str, Any]],
) -> None:
    x_M, y_M = landscape.arrays["point_coordinates"].T
    across = min(_MOST_CELLS, max(4, math.isqrt(len(x_M) // _POINTS_A_CELL)))
    up = max(2, round(across * np.ptp(y_M) / np.ptp(x_M) / math.sqrt(3)))
    ax.hexbin(
        x_M,
        y_M,
        C=landscape.arrays["point_accuracy"],
        gridsize=(across, up),
        cmap=_COLOURS,
        norm=norm,
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
    first, second = (
        f"{100 * share:.0f} %" for share in landscape.attributes["explained"]
    )
    ax.set_title(landscape.title)
    ax.set_xlabel(f"principal component 1 ({first} of the route's variance)")
    ax.set_ylabel(f"component 2 ({second})")


def _draw_distances(
    ax: Axes, rows: Sequence[DistanceRow], looks: Mapping[str, Mapping[str, Any]]
) -> None:
    ax.axvline(1.0, color="black", linewidth=0.9, linestyle="--", zorder=1)
    named = [row for row in rows if row.method in looks]
    for place, row in enumerate(named):
        shown = [min(distance, _FARTHEST) for distance in row.values("distance")]
        ax.plot(shown, [place] * len(shown), clip_on=False, **looks[row.method])
        accuracy = f"{fmean(row.values('accuracy')):.1f} %"
        ax.annotate(
            accuracy, (1.01, place), xycoords=("axes fraction", "data"), va="center"
        )
    ax.set_yticks(range(len(named)), [row.method for row in named])
    ax.set_ylim(len(named) - 0.4, -0.6)
    ax.set_xlabel(r"distance to $\Theta_{-1}$; copying $\Theta_0$ is 1")
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="x", color="#e4e4e4", linewidth=0.6)
    ax.set_axisbelow(True)
