"""SVG files whose bytes depend only on what is drawn, and a look that figures share."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from matplotlib import colormaps, rc_context, rcdefaults, rcParams
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from know.whole_files import write_whole

REFERENCE: dict[str, Any] = {"color": "black", "linewidth": 0.9, "linestyle": "--"}
"""Look of the line that everything is compared with."""


@contextmanager
def house_style() -> Iterator[None]:
    """Use matplotlib's own defaults, whatever a user's matplotlibrc says.

    It decorates every function that draws, since artists take their style when made.
    """
    with rc_context():
        rcdefaults()
        rcParams["svg.hashsalt"] = "know"
        rcParams["font.size"] = 9.0
        yield


def bare_axes(ax: Axes, *, grid: Literal["x", "y"]) -> None:
    """Leave two spines, with a faint grid behind the data."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis=grid, color="#e4e4e4", linewidth=0.6)
    ax.set_axisbelow(True)


def draw_key(
    figure: Figure, entries: Sequence[tuple[Artist, str]], *, ncols: int
) -> None:
    """Explain below the panels what is drawn in them."""
    figure.legend(
        *zip(*entries, strict=True),
        loc="outside lower center",
        ncols=ncols,
        frameon=False,
    )


def line_colour(place: int, count: int) -> Any:
    """Give well-known colours to up to ten lines, shades of one map to more."""
    if count <= 10:
        return colormaps["tab10"](place)
    return colormaps["viridis"](place / (count - 1))


@house_style()
def save_svg(figure: Figure, path: Path) -> None:
    """Write a figure without a date; the file is whole or not there."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    write_whole(path, buffer.getvalue())
