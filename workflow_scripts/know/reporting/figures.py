"""Figures from stored records, as SVG whose bytes depend on nothing but the data."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from know.errors import KnowError, raise_all
from know.reporting.layout import NAIVE, ORACLE
from know.reporting.statistics import pooled_std
from know.reporting.svg import house_style, save_svg

_METHOD, _CONTROL, _TRUE = "#3b6ea5", "#c9c9c9", "#4d9a6a"
_DOT: dict[str, Any] = {
    "linestyle": "",
    "marker": "o",
    "markersize": 3.0,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "markeredgewidth": 0.6,
}
_KINDS = {
    "method": Patch(facecolor=_METHOD, edgecolor="black", linewidth=0.6),
    "control": Patch(facecolor=_CONTROL, edgecolor="black", hatch="///", linewidth=0.6),
    "oracle (more data)": Patch(facecolor=_TRUE, edgecolor="black", linewidth=0.6),
}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One (fraction, method, factor) of Table 1, its seeds pooled."""

    fraction: float
    label: str
    kind: str
    """One of `method`, `control`, `oracle (more data)`."""
    is_naive: bool
    means: tuple[float, ...]
    """Accuracy of each seed, percent points."""
    std: float | None
    """Over trials within a seed, percent points."""

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return fmean(self.means)


def read_bars(table: str) -> list[Bar]:
    """Read what the figure shows from the text of `table1.csv`.

    Returns:
        A bar for each (fraction, method, factor), in the order of the file.
    """
    groups: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for record in csv.DictReader(io.StringIO(table)):
        key = record["fraction"], record["method"], record["factor"]
        groups.setdefault(key, []).append(record)
    return [
        Bar(
            fraction=float(fraction),
            label=method if method == NAIVE else f"{method} x{factor}",
            kind=_kind(method, records[0]["control"]),
            is_naive=method == NAIVE,
            means=tuple(float(record["accuracy_mean"]) for record in records),
            std=pooled_std([_number(record["accuracy_std"]) for record in records]),
        )
        for (fraction, method, factor), records in groups.items()
    ]


def _number(text: str) -> float | None:
    return float(text) if text else None


def _kind(method: str, control: str) -> str:
    if method.split("-")[0] == ORACLE:
        return "oracle (more data)"
    return "control" if control == "yes" else "method"


def plot_table(bars: Sequence[Bar], path: Path) -> None:
    """Draw accuracy by method and factor, a panel for each fraction, as SVG.

    Bars start at naive's mean and not at zero, so their length is the difference from
    naive. Whiskers: standard deviation over trials. Dots: each pre-training seed.

    Args:
        bars: the bars of `read_bars`.
        path: SVG file to write.

    Raises:
        KnowError: if there is no bar, or a fraction has no naive row.
    """
    fractions = sorted({bar.fraction for bar in bars}, reverse=True)
    if not fractions:
        raise KnowError("the figure of Table 1 needs at least one row, found none")
    panels = [[bar for bar in bars if bar.fraction == f] for f in fractions]
    raise_all(
        [
            f"fraction {fraction:g} has no {NAIVE} row"
            for fraction, panel in zip(fractions, panels, strict=True)
            if not any(bar.is_naive for bar in panel)
        ],
        "the figure of Table 1 draws every row against naive",
    )
    with house_style():
        longest = max(len(panel) for panel in panels)
        size = (1.8 + 3.6 * len(panels), 1.4 + 0.24 * longest)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for ax, panel, fraction in zip(axes, panels, fractions, strict=True):
            _draw_panel(ax, panel)
            ax.set_title(f"{100 * fraction:g} % of the pre-training data")
        _draw_key(figure, bars)
        save_svg(figure, path)


def _draw_panel(ax: Axes, bars: Sequence[Bar]) -> None:
    naive = next(bar.mean for bar in bars if bar.is_naive)
    ax.axvline(naive, color="black", linewidth=0.9, linestyle="--", zorder=1)
    for place, bar in enumerate(bars):
        fill = _KINDS[bar.kind]
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
    ax.set_yticks(range(len(bars)), [bar.label for bar in bars])
    ax.set_ylim(len(bars) - 0.4, -0.6)
    ax.set_xlabel("downstream accuracy (%)")
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
            colour = _colour(place, len(accuracies))
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


def _colour(place: int, count: int) -> tuple[float, float, float, float]:
    """Give well-known colours to up to ten runs, shades of one map to more."""
    if count <= 10:
        return colormaps["tab10"](place)
    return colormaps["viridis"](place / (count - 1))


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
