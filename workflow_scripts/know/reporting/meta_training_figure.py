"""The curves of meta-training, and of the forgetting that it learns from.

Both come from the cards of the hypernetworks' files.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from know.errors import KnowError
from know.reporting.svg import REFERENCE, bare_axes, draw_key, house_style, line_colour

_KINDS = ("conv", "fc", "bias")
_MOST_ERROR = 2.0
"""Held-out errors above this are left outside the panel."""

Card = Mapping[str, Any]
"""Card of a hypernetwork: `curve` holds the training loss by epoch; `held_out_curve`,
if it was measured, the relative error on held-out trials, copying being 1;
`start_error` that error before the first epoch; `best_epoch` the epoch that was kept,
0 for the start; `forgetting` how the meta-runs forget, if they were recorded here."""


@house_style()
def draw_meta_training(cards: Sequence[Card]) -> Figure:
    """Draw held-out error and training loss by epoch, a column per kind.

    A last column shows accuracy on D_0 by stage of the meta-runs (median and quartiles)
    and counts those that were used.
    """
    if not cards:
        raise KnowError("the figure of meta-training needs a hypernetwork, found none")
    kinds = [kind for kind in _KINDS if any(card["kind"] == kind for card in cards)]
    labels = list(dict.fromkeys(map(_label, cards)))
    forgetting = [card["forgetting"] for card in cards if card.get("forgetting")]
    columns = len(kinds) + bool(forgetting)
    size = (1.0 + 2.9 * columns, 5.0 + 0.2 * ((len(labels) + 2) // 3))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(2, columns, squeeze=False, sharex=False)
    for (upper, lower), kind in zip(axes.T, kinds, strict=False):
        for card in cards:
            if card["kind"] == kind:
                colour = line_colour(labels.index(_label(card)), len(labels))
                _draw_curves(upper, lower, card, colour)
        _finish_column(upper, lower, kind)
    if forgetting:
        upper, lower = axes[:, -1]
        _draw_forgetting(upper, lower, forgetting[0])
    axes[0, 0].set_ylabel("held-out relative error")
    axes[1, 0].set_ylabel("training loss")
    _draw_curves_key(figure, labels, cards)
    return figure


def _label(card: Card) -> str:
    name, architecture = card["hypernetwork"], card["architecture"]
    return name if name == architecture else f"{name} ({architecture})"


def _draw_curves(upper: Axes, lower: Axes, card: Card, colour: Any) -> None:
    start, held_out = card.get("start_error"), card.get("held_out_curve") or []
    best, epochs = card.get("best_epoch"), range(1, len(card["curve"]) + 1)
    lower.plot(epochs, card["curve"], "--", color=colour, linewidth=1.2)
    if not card["curve"] and start is not None:
        # Solved exactly, with no epoch: a level.
        upper.axhline(start, color=colour, linewidth=1.2)
    if not held_out:
        return
    upper.plot(epochs, held_out, "-", color=colour, linewidth=1.2)
    if best is not None and (error := [start, *held_out][best]) is not None:
        upper.plot(best, error, "o", color=colour, markersize=4.5)


def _finish_column(upper: Axes, lower: Axes, kind: str) -> None:
    upper.set_title(kind)
    upper.sharex(lower)
    upper.axhline(1.0, zorder=1, **REFERENCE)
    upper.set_ylim(top=min(upper.get_ylim()[1], _MOST_ERROR))
    lower.set_yscale("log")
    lower.set_xlabel("epoch")
    lower.xaxis.set_major_locator(MaxNLocator(integer=True))
    for ax in (upper, lower):
        bare_axes(ax, grid="y")


def _draw_forgetting(upper: Axes, lower: Axes, forgetting: Mapping[str, Any]) -> None:
    low, median, high = zip(*forgetting["quartiles"], strict=True)
    stages = range(len(median))
    upper.fill_between(stages, low, high, color="#d0d0d0", linewidth=0)
    upper.plot(stages, median, "o-", color="black", linewidth=1.2, markersize=3.5)
    upper.set_title("meta-runs")
    upper.set_xlabel("stage of forgetting")
    upper.set_ylabel("accuracy on D_0 (%)")
    bare_axes(upper, grid="y")
    counts = {"used": forgetting["used"], **forgetting["unused"]}
    counts["diverged"] = forgetting["diverged"]
    lower.barh(list(counts), list(counts.values()), color="#808080")
    lower.invert_yaxis()
    lower.set_xlabel("meta-runs")
    bare_axes(lower, grid="x")


def _draw_curves_key(
    figure: Figure, labels: Sequence[str], cards: Sequence[Card]
) -> None:
    entries = [
        (Line2D([], [], color=line_colour(place, len(labels))), label)
        for place, label in enumerate(labels)
    ]
    measured = [card for card in cards if card.get("held_out_curve")]
    if any(card.get("best_epoch") is not None for card in measured):
        dot = Line2D([], [], color="grey", linestyle="", marker="o", markersize=4.5)
        entries.append((dot, "epoch that is kept"))
    if measured:
        entries.append((Line2D([], [], **REFERENCE), "copying the last stage"))
    draw_key(figure, entries, ncols=3)
