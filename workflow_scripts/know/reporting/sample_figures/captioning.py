"""Test images with a true caption and those that networks generate."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from know.reporting.samples import Array, Pictures, show_image
from know.reporting.svg import house_style

# Shape suffixes: N images, L tokens.

SAMPLE = "tokens"
_LINE = 60
"""Characters."""
_ROW_HEIGHT, _LINE_HEIGHT = 1.3, 0.17
"""Inches."""


@house_style()
def draw(pictures: Pictures, samples: Mapping[str, Array]) -> Figure:
    """Draw a row for each image: the image, its first true caption, generated ones.

    Args:
        pictures: images with their true captions.
        samples: tokens of each network by its label, of shape (N, L).
    """
    tokens = {"true": pictures.labels[:, 0], **samples}
    blocks = [
        [
            (name, textwrap.wrap(sentence(tokens_NL[row], pictures.names), _LINE))
            for name, tokens_NL in tokens.items()
        ]
        for row in range(len(pictures.images_NHW3))
    ]
    heights = [
        max(_ROW_HEIGHT, _LINE_HEIGHT * sum(len(lines) for _, lines in block))
        for block in blocks
    ]
    figure = Figure(figsize=(6.8, sum(heights) + 0.1), layout="constrained")
    grid = figure.subplots(
        len(blocks), 2, squeeze=False, width_ratios=[1, 4], height_ratios=heights
    )
    for row, block in enumerate(blocks):
        show_image(grid[row, 0], pictures.images_NHW3[row])
        _write(grid[row, 1], block, _LINE_HEIGHT / heights[row])
    return figure


def sentence(tokens_L: Iterable[int], vocabulary: Sequence[str]) -> str:
    """The words of a caption up to its end; of an empty one, a dash."""
    words = takewhile(lambda word: word != "<end>", (vocabulary[n] for n in tokens_L))
    return " ".join(w for w in words if w not in ("<pad>", "<start>")) or "—"


def _write(ax: Axes, block: Sequence[tuple[str, list[str]]], step: float) -> None:
    """Write captions below each other, the names of their networks before them."""
    ax.set_axis_off()
    line = 0
    for name, lines in block:
        place = 1 - (line + 0.5) * step
        weight = "bold" if name == "true" else "normal"
        ax.text(0, place, name, va="center", color="#555555", weight=weight)
        for more, words in enumerate(lines):
            ax.text(0.22, place - more * step, words, va="center", weight=weight)
        line += len(lines)
