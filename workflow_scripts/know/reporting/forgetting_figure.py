"""The figure of forgetting, from the accuracies that trajectory stores hold."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from know.errors import KnowError, raise_all
from know.reporting.svg import house_style, line_colour, save_svg


def plot_forgetting(
    accuracies: Mapping[str, Sequence[float | None]],
    test_accuracies: Mapping[str, Sequence[float | None]],
    path: Path,
) -> None:
    """Draw how each run forgets D_0, stage by stage, as SVG.

    Args:
        accuracies: accuracy on D_0 of each stage in percent points, stage 0 first, by
            run; None where not measured leaves a gap.
        test_accuracies: the same on the test split; drawn dashed.
        path: SVG file to write.

    Raises:
        KnowError: if there is no run, or the two mappings differ in runs or stages.
    """
    if not accuracies:
        raise KnowError("the figure of forgetting needs at least one run, found none")
    raise_all(
        [
            f"run {run}: {len(accuracies.get(run, ()))} stages on D_0, "
            f"{len(test_accuracies.get(run, ()))} on the test split"
            for run in sorted(accuracies.keys() | test_accuracies.keys())
            if len(accuracies.get(run, ())) != len(test_accuracies.get(run, ()))
        ],
        "the figure of forgetting needs both accuracies of every stage",
    )
    with house_style():
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        ax = figure.subplots()
        for place, (run, on_data) in enumerate(accuracies.items()):
            colour = line_colour(place, len(accuracies))
            on_test = _gaps(test_accuracies[run])
            ax.plot(_gaps(on_data), "o-", color=colour, markersize=4, label=run)
            ax.plot(on_test, "o--", color=colour, markersize=4, mfc="white")
        ax.set_xlabel("stage (0: all of D_0, then ever smaller subsets)")
        ax.set_ylabel("accuracy (%)")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color="#e4e4e4", linewidth=0.6)
        _draw_forgetting_key(figure, ax)
        save_svg(figure, path)


def _gaps(accuracies: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in accuracies]


def _draw_forgetting_key(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    handles += [
        Line2D([], [], color="grey", linestyle="-", marker="o", markersize=4),
        Line2D(
            [], [], color="grey", linestyle="--", marker="o", markersize=4, mfc="white"
        ),
    ]
    labels += ["on D_0", "on the test split"]
    figure.legend(
        handles=handles, labels=labels, loc="outside right upper", frameon=False
    )
