"""The figure of forgetting, from the accuracies that trajectory stores hold."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from know.reporting.svg import bare_axes, draw_key, house_style, line_colour

Stage = tuple[float | None, float | None]
"""Accuracy on D_0 and on the test split, percent points; None leaves a gap."""


@house_style()
def draw_forgetting(runs: Mapping[str, Sequence[Stage]]) -> Figure:
    """Draw how each run forgets D_0, stage by stage, stage 0 first."""
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    ax = figure.subplots()
    for place, stages in enumerate(runs.values()):
        colour = line_colour(place, len(runs))
        on_data, on_test = np.array(stages, dtype=float).T
        ax.plot(on_data, "o-", color=colour, markersize=4)
        ax.plot(on_test, "o--", color=colour, markersize=4, mfc="white")
    ax.set_xlabel("stage (0: all of D_0, then ever smaller subsets)")
    ax.set_ylabel("accuracy (%)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    bare_axes(ax, grid="y")
    entries = [(line, run) for line, run in zip(ax.lines[::2], runs, strict=True)]
    grey: dict[str, Any] = {"color": "grey", "marker": "o", "markersize": 4}
    entries.append((Line2D([], [], **grey), "on D_0"))
    entries.append(
        (Line2D([], [], linestyle="--", mfc="white", **grey), "on the test split")
    )
    draw_key(figure, entries, ncols=3)
    return figure
