"""The figure of a table: a panel of bars for each metric, task and fraction."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from know.errors import KnowError, raise_all
from know.reporting.bars import CONTROL, METHOD, MORE_DATA, Bar
from know.reporting.facts import NAIVE
from know.reporting.metrics import metric_title
from know.reporting.svg import house_style, save_svg

_DOT: dict[str, Any] = {
    "linestyle": "",
    "marker": "o",
    "markersize": 3.0,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "markeredgewidth": 0.6,
}
_KINDS = {
    METHOD: Patch(facecolor="#3b6ea5", edgecolor="black", linewidth=0.6),
    CONTROL: Patch(facecolor="#c9c9c9", edgecolor="black", hatch="///", linewidth=0.6),
    MORE_DATA: Patch(facecolor="#4d9a6a", edgecolor="black", linewidth=0.6),
}

Place = tuple[str, float]
"""Task and fraction."""


def plot_table(bars: Sequence[Bar], path: Path) -> None:
    """Draw every metric by method and factor, a panel for each task and fraction.

    Bars start at naive's mean and not at zero, so their length is the difference from
    naive. Whiskers: standard deviation over trials. Dots: each pre-training seed.
    Metrics lie one below the other, or side by side where each has a single panel.

    Args:
        bars: the bars of `read_bars`.
        path: SVG file to write.

    Raises:
        KnowError: if there is no bar, or a panel has no naive row.
    """
    if not bars:
        raise KnowError("the figure of a table needs at least one row, found none")
    panels: dict[tuple[str, str, float], list[Bar]] = {}
    for bar in bars:
        panels.setdefault(bar.panel, []).append(bar)
    raise_all(
        [
            f"{metric} of task {task}, fraction {fraction:g}, has no {NAIVE} row"
            for (metric, task, fraction), panel in panels.items()
            if not any(bar.is_naive for bar in panel)
        ],
        "the figure of a table draws every row against naive",
    )
    with house_style():
        figure = _draw_panels(panels)
        _draw_key(figure, bars)
        save_svg(figure, path)


def _draw_panels(panels: Mapping[tuple[str, str, float], Sequence[Bar]]) -> Figure:
    metrics = list(dict.fromkeys(metric for metric, _, _ in panels))
    tasks = list(dict.fromkeys(task for _, task, _ in panels))
    fractions = sorted({fraction for _, _, fraction in panels}, reverse=True)
    labels = list(
        dict.fromkeys(bar.label for panel in panels.values() for bar in panel)
    )
    places = [(task, fraction) for task in tasks for fraction in fractions]
    rows, columns = len(metrics), len(places)
    if columns == 1:
        rows, columns = columns, rows
    size = (2.4 + 2.4 * columns, rows * (1.0 + 0.24 * len(labels)) + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    axes = iter(figure.subplots(rows, columns, squeeze=False, sharey=True).flat)
    for metric in metrics:
        for task, fraction in places:
            ax = next(axes)
            if (metric, task, fraction) not in panels:
                ax.set_axis_off()
                continue
            _draw_panel(ax, panels[metric, task, fraction], labels)
            ax.set_xlabel(metric_title(metric))
            share = f"{100 * fraction:g} % of the pre-training data"
            names = [task] * (len(tasks) > 1) + [share] * (len(fractions) > 1)
            ax.set_title("\n".join(names))
    return figure


def _draw_panel(ax: Axes, bars: Sequence[Bar], labels: Sequence[str]) -> None:
    naive = next(bar.mean for bar in bars if bar.is_naive)
    ax.axvline(naive, color="black", linewidth=0.9, linestyle="--", zorder=1)
    for bar in bars:
        place, fill = labels.index(bar.label), _KINDS[bar.kind]
        ax.barh(
            place,
            bar.mean - naive,
            left=naive,
            height=0.72,
            facecolor=fill.get_facecolor(),
            hatch=fill.get_hatch(),
            edgecolor="black",
            linewidth=0.6,
        )
        ax.errorbar(bar.mean, place, xerr=bar.std, fmt="|k", capsize=2.5, linewidth=0.9)
        if len(bar.means) > 1:
            ax.plot(bar.means, [place] * len(bar.means), zorder=4, **_DOT)
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.margins(x=0.06)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="x", color="#e4e4e4", linewidth=0.6)
    ax.set_axisbelow(True)


def _draw_key(figure: Figure, bars: Sequence[Bar]) -> None:
    kinds = [kind for kind in _KINDS if any(bar.kind == kind for bar in bars)]
    naive = Line2D([], [], color="black", linewidth=0.9, linestyle="--")
    whisker = Line2D([], [], color="black", linewidth=0.9, marker="|")
    entries: list[tuple[Artist, str]] = [(_KINDS[kind], kind) for kind in kinds]
    entries += [(naive, "naive: bars start here"), (whisker, "± std over trials")]
    if any(len(bar.means) > 1 for bar in bars):
        dot = Line2D([], [], **_DOT)
        entries.append((dot, "one seed"))
    figure.legend(
        handles=[handle for handle, _ in entries],
        labels=[label for _, label in entries],
        loc="outside lower center",
        ncols=3,
        frameon=False,
    )
