"""The curves of meta-training, from the cards of the hypernetworks' files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from know.checksum import verified_metadata
from know.errors import KnowError, raise_all
from know.reporting.svg import (
    bare_axes,
    draw_key,
    house_style,
    line_colour,
    save_svg,
)

_KINDS = ("conv", "fc", "bias")
_MOST_ERROR = 2.0
"""Held-out errors above this are left outside the panel."""
_COPYING: dict[str, Any] = {"color": "black", "linewidth": 0.9, "linestyle": ":"}
_NEEDED = ("hypernetwork", "kind", "architecture", "curve")


@dataclass(frozen=True, kw_only=True)
class MetaCurves:
    """How the training of one hypernetwork went, epoch by epoch."""

    hypernetwork: str
    architecture: str
    kind: str
    training: tuple[float, ...]
    """Training loss."""
    held_out: tuple[float, ...]
    """Relative error on held-out trials, copying being 1; empty if not measured."""
    best_epoch: int | None
    """Epoch whose model was kept, 0 for the start; None if the card does not say."""
    start: float | None = None
    """Held-out error before the first epoch, what was solved exactly included."""

    @property
    def label(self) -> str:
        """The hypernetwork, as the key of the figure names it."""
        if self.hypernetwork == self.architecture:
            return self.hypernetwork
        return f"{self.hypernetwork} ({self.architecture})"


def read_curves(paths: Iterable[Path]) -> list[MetaCurves]:
    """Read the curves of many hypernetworks after checking every byte of their files.

    Args:
        paths: checksummed hypernetwork files.

    Returns:
        One entry per file, in the order of `paths`.

    Raises:
        KnowError: naming every file that is damaged or whose card lacks a curve.
    """
    curves: list[MetaCurves] = []
    problems: list[str] = []
    for path in paths:
        try:
            curves.append(_curves(path, verified_metadata(path)))
        except KnowError as error:
            problems.append(str(error))
    raise_all(problems, "the figure of meta-training cannot read these hypernetworks")
    return curves


def _curves(path: Path, card: Mapping[str, Any]) -> MetaCurves:
    lacking = [key for key in _NEEDED if card.get(key) is None]
    if lacking:
        raise KnowError(f"the card of {path} lacks {', '.join(lacking)}")
    epochs, held_out = len(card["curve"]), card.get("held_out_curve") or ()
    best = card.get("best_epoch")
    if card["kind"] not in _KINDS:
        raise KnowError(f"the card of {path} has kind {card['kind']!r}")
    if len(held_out) not in (0, epochs) or not (best is None or 0 <= best <= epochs):
        raise KnowError(
            f"the card of {path} has {epochs} epochs in its curve, {len(held_out)} in "
            f"its held_out_curve, and best_epoch {best}"
        )
    return MetaCurves(
        hypernetwork=card["hypernetwork"],
        architecture=card["architecture"],
        kind=card["kind"],
        training=tuple(card["curve"]),
        held_out=tuple(held_out),
        start=card.get("start_error"),
        best_epoch=best,
    )


def plot_meta_training(curves: Sequence[MetaCurves], path: Path) -> None:
    """Draw held-out error and training loss by epoch, a column per kind, as SVG.

    Args:
        curves: the curves of `read_curves`.
        path: SVG file to write.

    Raises:
        KnowError: if there is no curve.
    """
    if not curves:
        raise KnowError("the figure of meta-training needs a hypernetwork, found none")
    kinds = [kind for kind in _KINDS if any(c.kind == kind for c in curves)]
    labels = list(dict.fromkeys(c.label for c in curves))
    with house_style():
        size = (1.0 + 2.9 * len(kinds), 5.0 + 0.2 * ((len(labels) + 2) // 3))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(2, len(kinds), squeeze=False, sharex="col")
        for (upper, lower), kind in zip(axes.T, kinds, strict=True):
            for entry in curves:
                if entry.kind == kind:
                    colour = line_colour(labels.index(entry.label), len(labels))
                    _draw_curves(upper, lower, entry, colour)
            _finish_column(upper, lower, kind)
        axes[0, 0].set_ylabel("held-out relative error")
        axes[1, 0].set_ylabel("training loss")
        _draw_curves_key(figure, labels, curves)
        save_svg(figure, path)


def _draw_curves(upper: Axes, lower: Axes, entry: MetaCurves, colour: Any) -> None:
    epochs = range(1, len(entry.training) + 1)
    lower.plot(epochs, entry.training, "--", color=colour, linewidth=1.2)
    if not entry.training and entry.start is not None:
        # Solved exactly, with no epoch: a level.
        upper.axhline(entry.start, color=colour, linewidth=1.2)
    if not entry.held_out:
        return
    upper.plot(epochs, entry.held_out, "-", color=colour, linewidth=1.2)
    if entry.best_epoch is not None:
        best = [entry.start, *entry.held_out][entry.best_epoch]
        if best is not None:
            upper.plot(entry.best_epoch, best, "o", color=colour, markersize=4.5)


def _finish_column(upper: Axes, lower: Axes, kind: str) -> None:
    upper.set_title(kind)
    upper.axhline(1.0, zorder=1, **_COPYING)
    upper.set_ylim(top=min(upper.get_ylim()[1], _MOST_ERROR))
    lower.set_yscale("log")
    lower.set_xlabel("epoch")
    lower.xaxis.set_major_locator(MaxNLocator(integer=True))
    for ax in (upper, lower):
        bare_axes(ax, grid="y")


def _draw_curves_key(
    figure: Figure, labels: Sequence[str], curves: Sequence[MetaCurves]
) -> None:
    entries = [
        (Line2D([], [], color=line_colour(place, len(labels))), label)
        for place, label in enumerate(labels)
    ]
    if any(curve.best_epoch is not None and curve.held_out for curve in curves):
        dot = Line2D([], [], color="grey", linestyle="", marker="o", markersize=4.5)
        entries.append((dot, "epoch that is kept"))
    if any(curve.held_out for curve in curves):
        entries.append((Line2D([], [], **_COPYING), "copying the last stage"))
    draw_key(figure, entries, ncols=3)
