"""Fine-grained outlines: families whose members differ in a detail or two."""

from itertools import product

import numpy as np

from know.data.arrays import FloatArray
from know.data.polygons import arc, polar, polygon

_FLOWER_VERTICES = 40
_ARC_VERTICES = 10
_SLOT = 0.15


def _star(tips: int, inner: float) -> FloatArray:
    return polar(np.tile([1, inner], tips))


def _flower(petals: int, depth: float) -> FloatArray:
    angle = np.linspace(0, 2 * np.pi, _FLOWER_VERTICES, endpoint=False)
    return polar(1 - depth + depth * np.cos(petals * angle))


def _cross(width: float, bar: float) -> FloatArray:
    upper, lower = bar - width, bar + width
    return polygon(
        (-width, -1), (width, -1), (width, upper), (0.9, upper), (0.9, lower),
        (width, lower), (width, 1), (-width, 1), (-width, lower), (-0.9, lower),
        (-0.9, upper), (-width, upper),
    )  # fmt: skip


def _arrow(width: float, neck: float, sweep: float) -> FloatArray:
    """A shaft as wide as twice `width` whose head ends at `neck`, barbs swept lower."""
    barb = neck + sweep
    return polygon(
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
        pieces.append(arc(*rim, radius=1, vertices=_ARC_VERTICES))
        slot = (stop - at_floor, stop + at_floor)
        pieces.append(arc(*slot, radius=floor, vertices=2))
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
"""Vertices (V, 2) by name, as `OUTLINES`: eight of each of five families."""
