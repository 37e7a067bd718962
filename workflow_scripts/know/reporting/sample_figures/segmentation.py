"""Test images, their true masks and those that networks predict."""

from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch
from numpy.typing import NDArray

from know.reporting.samples import Array, Pictures, show_image
from know.reporting.svg import draw_key, house_style

# Shape suffixes: N images, H height, W width, K classes.

SAMPLE = "masks"
# Trubetskoy's list of colours that are easy to tell apart, behind a dark grey.
_COLOURS = (
    *("#404040", "#e6194b", "#3cb44b", "#ffe119", "#4363d8", "#f58231", "#911eb4"),
    *("#42d4f4", "#f032e6", "#bfef45", "#fabed4", "#469990", "#dcbeff", "#9a6324"),
    *("#fffac8", "#800000", "#aaffc3", "#808000", "#ffd8b1", "#000075", "#a9a9a9"),
)
_WHITE = (255, 255, 255)
_PANEL_WIDTH, _HANDLE_WIDTH, _CHARACTER_WIDTH = 1.35, 0.55, 0.08
"""Inches."""


@house_style()
def draw(pictures: Pictures, samples: Mapping[str, Array]) -> Figure:
    """Draw a row for each image: input, truth and the predicted masks.

    Pixels that do not count are white in the truth; networks say something about them
    too.

    Args:
        pictures: images with their true masks.
        samples: masks of each network by its label, each of shape (N, H, W).
    """
    colours_K3 = class_colours(len(pictures.names))
    masks = {"truth": pictures.labels, **samples}
    columns = {"input": pictures.images_NHW3} | {
        title: coloured(masks_NHW, colours_K3) for title, masks_NHW in masks.items()
    }
    num_rows, height, width = pictures.images_NHW3.shape[:3]
    panel_height = _PANEL_WIDTH * height / width
    figure = Figure(
        figsize=(_PANEL_WIDTH * len(columns), panel_height * num_rows + 1.1),
        layout=ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0),
    )
    grid = figure.subplots(num_rows, len(columns), squeeze=False)
    for axes, (title, images) in zip(grid.T, columns.items(), strict=True):
        axes[0].set_title(title, fontsize=9)
        for ax, image_HW3 in zip(axes, images, strict=True):
            show_image(ax, image_HW3)
    shown = np.unique(np.stack(list(masks.values())))
    named = zip(colours_K3 / 255, pictures.names, strict=True)
    entries = [
        (Patch(facecolor=colour), name)
        for place, (colour, name) in enumerate(named)
        if place in shown
    ]
    if shown.max() >= len(pictures.names):
        entries.append((Patch(facecolor="white", edgecolor="black"), "not counted"))
    longest = max(len(name) for _, name in entries)
    entry_width = _HANDLE_WIDTH + _CHARACTER_WIDTH * longest
    ncols = max(1, int(figure.get_figwidth() / entry_width))
    draw_key(figure, entries, ncols=ncols)
    return figure


def class_colours(num_classes: int) -> NDArray[np.uint8]:
    """A colour for each class, uint8; many classes go round the colour circle."""
    colours = [to_rgb(colour) for colour in _COLOURS]
    if num_classes > len(colours):
        colours = [colormaps["hsv"](n / num_classes)[:3] for n in range(num_classes)]
    return (255 * np.array(colours[:num_classes])).round().astype(np.uint8)


def coloured(masks_NHW: Array, colours_K3: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Masks as images of shape (N, H, W, 3), white where no class has the number."""
    palette = np.full((256, 3), _WHITE, dtype=np.uint8)
    palette[: len(colours_K3)] = colours_K3
    return palette[masks_NHW]
