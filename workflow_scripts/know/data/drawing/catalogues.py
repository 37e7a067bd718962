"""Outlines of procedural shapes, as polygons, and catalogues of classes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from know.data.arrays import FloatArray, IntArray

# Shape suffixes: C classes of a catalogue, V vertices of one outline.

_FLOWER_VERTICES = 40
_ARC_VERTICES = 10
_SLOT = 0.15


def _polar(radius: FloatArray, *, turn: float = 0.0) -> FloatArray:
    """Vertices at equal angles, clockwise from the top, at the given radii."""
    angle = np.linspace(0, 2 * np.pi, len(radius), endpoint=False) + turn
    return np.stack([np.sin(angle), -np.cos(angle)], axis=1) * radius[:, None]


def _arc(start: float, stop: float, *, radius: float, vertices: int) -> FloatArray:
    """Vertices on a circle, clockwise from `start` to `stop` (0 is right, 1 left)."""
    angle = np.linspace(start, stop, vertices) * np.pi
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _polygon(*vertices: tuple[float, float]) -> FloatArray:
    return np.array(vertices)


def _star(tips: int, inner: float) -> FloatArray:
    return _polar(np.tile([1, inner], tips))


def _crescent() -> FloatArray:
    outer = _arc(0.25, 1.75, radius=1.0, vertices=15)
    inner = _arc(1.64, 0.36, radius=0.78, vertices=10) + np.array([0.36, 0])
    vertices: FloatArray = np.concatenate([outer, inner]) + np.array([0.3, 0])
    return vertices


def _heart() -> FloatArray:
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([x, -y - 2.5], axis=1) / 16.5


def _drop() -> FloatArray:
    bowl = _arc(-0.14, 1.14, radius=0.7, vertices=16) + np.array([0, 0.3])
    return np.concatenate([np.array([[0, -1.1]]), bowl])


_COARSE = {
    "circle": _polar(np.ones(24)),
    "square": _polar(np.ones(4), turn=np.pi / 4),
    "triangle": _polar(np.ones(3)),
    "star": _star(5, float(np.float32(0.42))),
    "cross": _polygon(
        (-0.33, -1), (0.33, -1), (0.33, -0.33), (1, -0.33), (1, 0.33), (0.33, 0.33),
        (0.33, 1), (-0.33, 1), (-0.33, 0.33), (-1, 0.33), (-1, -0.33), (-0.33, -0.33),
    ),
    "heart": _heart(),
    "bolt": _polygon(
        (0.1, -1), (-0.6, 0.2), (-0.05, 0.15), (-0.25, 1), (0.6, -0.25), (0.05, -0.2),
        (0.5, -1),
    ),
    "bar": _polygon((-0.4, -1), (0.4, -1), (0.4, 1), (-0.4, 1)),
    "crescent": _crescent(),
    "arrow": _polygon(
        (0, -1), (0.8, -0.1), (0.3, -0.1), (0.3, 1), (-0.3, 1), (-0.3, -0.1),
        (-0.8, -0.1),
    ),
    "tee": _polygon(
        (-0.9, -0.9), (0.9, -0.9), (0.9, -0.3), (0.3, -0.3), (0.3, 1), (-0.3, 1),
        (-0.3, -0.3), (-0.9, -0.3),
    ),
    "drop": _drop(),
}  # fmt: skip

OUTLINES: dict[str, FloatArray] = {
    name: vertices.astype(np.float32) for name, vertices in _COARSE.items()
}
"""Vertices (V, 2) by name: x to the right, y down, about one unit from the centre."""


def _flower(petals: int, depth: float) -> FloatArray:
    angle = np.linspace(0, 2 * np.pi, _FLOWER_VERTICES, endpoint=False)
    return _polar(1 - depth + depth * np.cos(petals * angle))


def _cross(width: float, bar: float) -> FloatArray:
    upper, lower = bar - width, bar + width
    return _polygon(
        (-width, -1), (width, -1), (width, upper), (0.9, upper), (0.9, lower),
        (width, lower), (width, 1), (-width, 1), (-width, lower), (-0.9, lower),
        (-0.9, upper), (-width, upper),
    )  # fmt: skip


def _arrow(width: float, neck: float, sweep: float) -> FloatArray:
    """A shaft twice as wide as `width` whose head ends at `neck`, its barbs lower."""
    barb = neck + sweep
    return _polygon(
        (0, -1), (0.8, barb), (width, neck), (width, 1), (-width, 1), (-width, neck),
        (-0.8, barb),
    )  # fmt: skip


def _disc(slots: int, depth: float) -> FloatArray:
    """A disc with radial slots, as deep as `depth` of its radius."""
    floor = 1 - depth
    at_rim, at_floor = np.arcsin(_SLOT) / np.pi, np.arcsin(_SLOT / floor) / np.pi
    pieces = []
    for start in np.arange(slots) * 2 / slots - 0.5:
        stop = start + 2 / slots
        rim = (start + at_rim, stop - at_rim)
        pieces.append(_arc(*rim, radius=1, vertices=_ARC_VERTICES))
        slot = (stop - at_floor, stop + at_floor)
        pieces.append(_arc(*slot, radius=floor, vertices=2))
    return np.concatenate(pieces)


_SLIM_OR_STOUT = {"slim": 0.38, "stout": 0.62}
_ROUND_OR_CURVED = {"round": 0.14, "curved": 0.3}
_NARROW_OR_WIDE = {"narrow": 0.16, "wide": 0.28}
_BARS = {"top": -0.65, "raised": -0.35, "middle": -0.05, "low": 0.25}
_NECKS = {"short": -0.35, "long": 0.25}
_SWEEPS = {"straight": 0.0, "swept": 0.35}
_SHALLOW_OR_DEEP = {"shallow": 0.35, "deep": 0.75}

FINE_OUTLINES: dict[str, FloatArray] = {
    **{
        f"{build} {tips}-pointed star": _star(tips, inner)
        for tips, (build, inner) in product(range(4, 8), _SLIM_OR_STOUT.items())
    },
    **{
        f"{build} {petals}-petalled flower": _flower(petals, depth)
        for petals, (build, depth) in product(range(3, 7), _ROUND_OR_CURVED.items())
    },
    **{
        f"{build} {place}-barred cross": _cross(width, bar)
        for (build, width), (place, bar) in product(
            _NARROW_OR_WIDE.items(), _BARS.items()
        )
    },
    **{
        f"{build} {length}-headed {barb} arrow": _arrow(width, neck, sweep)
        for (build, width), (length, neck), (barb, sweep) in product(
            _NARROW_OR_WIDE.items(), _NECKS.items(), _SWEEPS.items()
        )
    },
    **{
        f"{build} {slots}-slotted disc": _disc(slots, depth)
        for slots, (build, depth) in product(range(1, 5), _SHALLOW_OR_DEEP.items())
    },
}
"""Vertices of fine-grained outlines: five families of eight that differ in details."""

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
