"""The figure of forgetting, from the accuracies that trajectory stores hold."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from know.reporting.svg import house_style, line_colour

Stage = tuple[float | None, float | None]
"""Accuracy on D_0 and on the test split, percent points; None leaves a gap."""


@house_style()
def draw_forgetting(runs: Mapping[str, Sequence[Stage]]) -> Figure:
    """Draw how each run forgets D_0, stage by stage.

    Args:
        runs: the stages of each run, stage 0 first.
    """
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    ax = figure.subplots()
    for place, (run, stages) in enumerate(runs.items()):
        colour = line_colour(place, len(runs))
        on_data, on_test = np.array(stages, dtype=float).T
        ax.plot(on_data, "o-", color=colour, markersize=4, label=run)
        ax.plot(on_test, "o--", color=colour, markersize=4, mfc="white")
    ax.set_xlabel("stage (0: all of D_0, then ever smaller subsets)")
    ax.set_ylabel("accuracy (%)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="#e4e4e4", linewidth=0.6)
    _draw_forgetting_key(figure, ax)
    return figure


def _draw_forgetting_key(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    line: dict[str, Any] = {"color": "grey", "marker": "o", "markersize": 4}
    handles.append(Line2D([], [], linestyle="-", **line))
    handles.append(Line2D([], [], linestyle="--", mfc="white", **line))
    labels += ["on D_0", "on the test split"]
    figure.legend(
        handles=handles, labels=labels, loc="outside right upper", frameon=False
    )
