"""Test images with a true caption and those that networks generate."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from know.reporting.samples import Array, Pictures
from know.reporting.segmentation_figure import show_image
from know.reporting.svg import house_style, save_svg

# Shape suffixes: N images, L tokens.

_LINE = 60
"""Characters."""
_ROW_HEIGHT, _LINE_HEIGHT = 1.3, 0.17
"""Inches."""


def plot_captions(
    pictures: Pictures, generated: Mapping[str, Array], path: Path
) -> None:
    """Draw a row for each image: the image, its first true caption, generated ones.

    Args:
        pictures: images with their true captions.
        generated: tokens by what the figure calls their network, each of shape (N, L)
            for the same images.
        path: SVG file to write.
    """
    tokens = {"true": pictures.labels[:, 0], **generated}
    blocks = [
        [
            (name, sentence(tokens_NL[row], pictures.names))
            for name, tokens_NL in tokens.items()
        ]
        for row in range(len(pictures.images_NHW3))
    ]
    heights = [max(_ROW_HEIGHT, _LINE_HEIGHT * _num_lines(block)) for block in blocks]
    with house_style():
        figure = Figure(figsize=(6.8, sum(heights) + 0.1), layout="constrained")
        grid = figure.subplots(
            len(blocks), 2, squeeze=False, width_ratios=[1, 4], height_ratios=heights
        )
        for row, block in enumerate(blocks):
            show_image(grid[row, 0], pictures.images_NHW3[row])
            _write(grid[row, 1], block, heights[row])
        save_svg(figure, path)


def sentence(tokens_L: Iterable[int], vocabulary: Sequence[str]) -> str:
    """The words of a caption up to its end; of an empty one, a dash.

    Args:
        tokens_L: numbers of words.
        vocabulary: the words, `<pad>`, `<start>` and `<end>` among them.
    """
    words = []
    for token in tokens_L:
        word = vocabulary[int(token)]
        if word == "<end>":
            break
        if word not in ("<pad>", "<start>"):
            words.append(word)
    return " ".join(words) or "—"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _LINE)


def _num_lines(block: Sequence[tuple[str, str]]) -> int:
    return sum(len(_wrapped(text)) for _, text in block)


def _write(ax: Axes, block: Sequence[tuple[str, str]], height: float) -> None:
    """Write captions below each other, the names of their networks before them."""
    ax.set_axis_off()
    line = 0
    for name, text in block:
        place = 1 - (line + 0.5) * _LINE_HEIGHT / height
        weight = "bold" if name == "true" else "normal"
        ax.text(0, place, name, va="center", color="#555555", weight=weight)
        for more, words in enumerate(_wrapped(text)):
            below = place - more * _LINE_HEIGHT / height
            ax.text(0.22, below, words, va="center", weight=weight)
        line += len(_wrapped(text))
