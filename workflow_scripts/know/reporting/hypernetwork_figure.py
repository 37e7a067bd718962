"""The figure of the held-out table."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from know.reporting.frames import each_row
from know.reporting.svg import REFERENCE, bare_axes, draw_key, house_style

_EDGE = 2.0
"""Errors beyond this are cut off and given in numbers."""
_COLOURS = ("#3b6ea5", "#d98032", "#4d9a6a", "#8a5aa3", "#b0413e")
_TITLES = {
    "trials": "held-out trials",
    "family": "held-out families",
    "dataset": "held-out data sets",
}
_INTERVAL: dict[str, Any] = {"color": "black", "linewidth": 0.7, "zorder": 4}


@house_style()
def draw_held_out(table: pd.DataFrame, *, methods: Sequence[str]) -> Figure:
    """Draw errors by method, a panel for each group and kind of tensor.

    Points: medians. Coloured whiskers: up to the 90th percentile. Black lines: the
    interval of the median. The dashed line: copying the last stage.
    """
    groups = list(table["group"].unique())
    kinds = list(table["kind"].unique())
    horizons = sorted(table["horizon"].unique())
    height = 0.5 + len(methods) * (0.1 + 0.11 * len(horizons))
    size = (1.6 + 3.0 * len(kinds), 0.6 + height * len(groups))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(
        len(groups), len(kinds), squeeze=False, sharex=True, sharey=True
    )
    for row, group in zip(axes, groups, strict=True):
        for ax, kind in zip(row, kinds, strict=True):
            chosen = table[(table["group"] == group) & (table["kind"] == kind)]
            _draw_panel(ax, chosen, methods, horizons)
            ax.set_title(f"{_TITLES.get(group, group)}: {kind}")
    lowest = min(1.0, table["median_low"].fillna(table["median"]).min())
    # Down to a tenth.
    axes[0, 0].set_xlim(max(0.0, math.floor(10 * lowest - 0.5) / 10), _EDGE + 0.05)
    for ax in axes[-1]:
        ax.set_xlabel("relative error")
    _draw_horizons_key(figure, horizons)
    return figure


def _draw_panel(
    ax: Axes, points: pd.DataFrame, methods: Sequence[str], horizons: Sequence[int]
) -> None:
    ax.axvline(1.0, zorder=1, **REFERENCE)
    for place in range(0, len(methods), 2):
        ax.axhspan(place - 0.5, place + 0.5, color="#f4f4f4", linewidth=0, zorder=0)
    step = 0.8 / len(horizons)
    for point in each_row(points):
        place = horizons.index(point.horizon)
        height = methods.index(point.method) + step * (place - (len(horizons) - 1) / 2)
        _draw_point(ax, point, height, _COLOURS[place % len(_COLOURS)])
    ax.set_yticks(range(len(methods)), methods)
    ax.set_ylim(len(methods) - 0.5, -0.5)
    bare_axes(ax, grid="x")


def _draw_point(ax: Axes, point: Any, height: float, colour: str) -> None:
    ax.plot(
        [min(point.median, _EDGE), min(point.p90, _EDGE)],
        [height, height],
        color=colour,
        linewidth=1.4,
        alpha=0.6,
        zorder=2,
    )
    if not pd.isna(point.median_low):
        ends = [min(point.median_low, _EDGE), min(point.median_high, _EDGE)]
        ax.plot(ends, [height, height], **_INTERVAL)
    if point.median <= _EDGE:
        ax.plot(point.median, height, "o", color=colour, markersize=3.6, zorder=5)
    if point.p90 <= _EDGE:
        ax.plot(point.p90, height, "|", color=colour, markersize=4.0, zorder=3)
        return
    # An arrow at the edge, and beyond it what lies there.
    ax.plot(_EDGE, height, ">", color=colour, markersize=3.6, zorder=5)
    numbers = [point.median] if point.median > _EDGE else []
    ax.annotate(
        " / ".join(f"{number:.3g}" for number in [*numbers, point.p90]),
        (_EDGE, height),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=6.0,
        color=colour,
        annotation_clip=False,
    )


def _draw_horizons_key(figure: Figure, horizons: Sequence[int]) -> None:
    entries = [
        (
            Line2D([], [], color=_COLOURS[place % len(_COLOURS)], marker="o", ms=3.6),
            f"horizon {horizon}: median to 90th percentile",
        )
        for place, horizon in enumerate(horizons)
    ]
    entries += [
        (Line2D([], [], **_INTERVAL), "95 % interval of the median, over trials"),
        (Line2D([], [], **REFERENCE), "copying the last stage"),
        (
            Line2D([], [], color="grey", marker=">", ms=3.6, linestyle=""),
            f"goes on beyond {_EDGE:g}: [median /] 90th percentile",
        ),
    ]
    draw_key(figure, entries, ncols=2)
