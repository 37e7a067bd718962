"""The figure of a table: a panel of bars for each metric, task and fraction."""

from collections.abc import Mapping, Sequence
from itertools import product
from statistics import fmean
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from know.reporting.facts import NAIVE, is_oracle
from know.reporting.frames import each_group, each_row
from know.reporting.statistics import compare
from know.reporting.svg import REFERENCE, bare_axes, draw_key, house_style
from know.reporting.text import metric_title, percent

_DOT: dict[str, Any] = {
    "linestyle": "",
    "marker": "o",
    "markersize": 3.0,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "markeredgewidth": 0.6,
}
_KINDS = {
    "method": Patch(facecolor="#3b6ea5", edgecolor="black", linewidth=0.6),
    "control": Patch(
        facecolor="#c9c9c9", edgecolor="black", hatch="///", linewidth=0.6
    ),
    "oracle (more data)": Patch(facecolor="#4d9a6a", edgecolor="black", linewidth=0.6),
}
_PANEL = ["metric", "task", "fraction"]

Panel = tuple[str, str, float]


@house_style()
def draw_table(table: pd.DataFrame) -> Figure:
    """Draw every metric by method and factor, a panel for each task and fraction.

    Bars start at naive's mean and not at zero, so their length is the difference from
    naive. Whiskers: its 95 % interval over seeds. Dots: the difference of each seed.
    Metrics lie one below the other, or side by side where each has a single panel.

    Args:
        table: rows of `know.reporting.table.tabulate`; each has a naive row to go with.
    """
    bars = pool_seeds(table)
    figure = _draw_panels(dict(each_group(bars, _PANEL)))
    _draw_bars_key(figure, bars)
    return figure


def pool_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Bars of the figure: a row for each of a table's, its seeds pooled.

    `deltas` are the seeds' differences from naive, `delta` is their mean, `low` and
    `high` are the ends of its interval; naive has a `mean` and no difference.
    """
    factors = table["method"] + table["factor"].map(" x{:g}".format)
    is_control, oracle = table["control"] == "yes", table["method"].map(is_oracle)
    bars = table.assign(
        label=factors.where(table["method"] != NAIVE, NAIVE),
        kind=is_control.map({True: "control", False: "method"}),
    )
    bars["kind"] = bars["kind"].mask(oracle, "oracle (more data)")
    groups = bars.groupby([*_PANEL, "label", "kind"], sort=False)
    bars = groups.agg(mean=("mean", fmean), deltas=("delta_vs_naive", tuple))
    found = pd.DataFrame(map(compare, bars["deltas"]), bars.index)
    return bars.join(found[["delta", "low", "high"]]).reset_index()


def _draw_panels(panels: Mapping[Panel, pd.DataFrame]) -> Figure:
    metrics = list(dict.fromkeys(metric for metric, _, _ in panels))
    tasks = list(dict.fromkeys(task for _, task, _ in panels))
    fractions = sorted({fraction for _, _, fraction in panels}, reverse=True)
    labels = list(pd.concat(list(panels.values()))["label"].unique())
    rows, columns = len(metrics), len(tasks) * len(fractions)
    if columns == 1:
        rows, columns = columns, rows
    size = (2.4 + 2.4 * columns, rows * (1.0 + 0.24 * len(labels)) + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True).flat
    panel_places = product(metrics, tasks, fractions)
    for ax, (metric, task, fraction) in zip(axes, panel_places, strict=True):
        if (metric, task, fraction) not in panels:
            ax.set_axis_off()
            continue
        _draw_panel(ax, panels[metric, task, fraction], labels)
        ax.set_xlabel(metric_title(metric))
        share = f"{percent(fraction)} of the pre-training data"
        names = [task] * (len(tasks) > 1) + [share] * (len(fractions) > 1)
        ax.set_title("\n".join(names))
    return figure


def _draw_panel(ax: Axes, bars: pd.DataFrame, labels: Sequence[str]) -> None:
    naive = float(bars.loc[bars["label"] == NAIVE, "mean"].iloc[0])
    ax.axvline(naive, zorder=1, **REFERENCE)
    for bar in each_row(bars):
        place, fill = labels.index(bar.label), _KINDS[bar.kind]
        ax.barh(
            place,
            0 if bar.label == NAIVE else bar.delta,
            left=naive,
            height=0.72,
            facecolor=fill.get_facecolor(),
            hatch=fill.get_hatch(),
            edgecolor="black",
            linewidth=0.6,
        )
        if bar.label != NAIVE and len(bar.deltas) > 1:
            ends = [naive + bar.low, naive + bar.high]
            ax.plot(ends, [place] * 2, "|-k", linewidth=0.9)
            dots = [naive + delta for delta in bar.deltas]
            ax.plot(dots, [place] * len(dots), zorder=4, **_DOT)
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.margins(x=0.06)
    bare_axes(ax, grid="x")


def _draw_bars_key(figure: Figure, bars: pd.DataFrame) -> None:
    shown = set(bars["kind"])
    entries: list[tuple[Artist, str]] = [
        (patch, kind) for kind, patch in _KINDS.items() if kind in shown
    ]
    whisker = Line2D([], [], color="black", linewidth=0.9, marker="|")
    entries.append((Line2D([], [], **REFERENCE), "naive: bars start here"))
    if (bars["deltas"].map(len) > 1).any():
        entries.append((whisker, "95 % interval over seeds"))
        entries.append((Line2D([], [], **_DOT), "one seed"))
    draw_key(figure, entries, ncols=3)
