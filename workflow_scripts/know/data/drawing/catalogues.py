"""Catalogues of the classes that objects of a scene may have."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from know.data.arrays import FloatArray, IntArray
from know.data.drawing.outlines import FINE_OUTLINES, OUTLINES

# Shape suffixes: C classes of a catalogue, V vertices of one outline.

FILLS = ("plain", "striped", "hollow")

VERTICES: dict[str, FloatArray] = OUTLINES | FINE_OUTLINES
"""Vertices (V, 2) of every outline by name."""
OUTLINE_NAMES = tuple(VERTICES)


@dataclass(frozen=True)
class Catalogue:
    """Classes to draw objects from."""

    names: tuple[str, ...]
    outlines: IntArray
    """Shape (C,): index into `OUTLINE_NAMES`."""
    fills: IntArray
    """Shape (C,): index into `FILLS`."""


def _catalogue(outlines: Sequence[str], fills: Sequence[str]) -> Catalogue:
    """Every outline with every fill; the classes of an outline follow each other."""
    pairs = [(outline, fill) for outline in outlines for fill in fills]
    return Catalogue(
        names=tuple(f"{fill} {outline}" for outline, fill in pairs),
        outlines=np.array([OUTLINE_NAMES.index(outline) for outline, _ in pairs]),
        fills=np.array([FILLS.index(fill) for _, fill in pairs]),
    )


CATALOGUES: dict[str, Catalogue] = {
    "coarse": _catalogue(tuple(OUTLINES), FILLS),
    "fine": _catalogue(tuple(FINE_OUTLINES), FILLS[:1]),
}
"""Catalogue by grain.

`coarse`: class c is outline c // 3 with fill c % 3, so later classes have unseen
outlines. `fine`: eight plain outlines of each of five families, family by family.
"""
