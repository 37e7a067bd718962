"""SVG files whose bytes depend on nothing but what is drawn."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.figure import Figure

from know.checksum import write_whole


@contextmanager
def house_style() -> Iterator[None]:
    """Use matplotlib's own defaults, whatever a user's matplotlibrc says."""
    with rc_context():
        rcdefaults()
        rcParams["svg.hashsalt"] = "know"
        rcParams["font.size"] = 9.0
        yield


def save_svg(figure: Figure, path: Path) -> None:
    """Write a figure without a date; the file is whole or not there."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    write_whole(path, buffer.getvalue())
