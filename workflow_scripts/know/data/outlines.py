"""Outlines of the procedural shapes."""

import numpy as np

from know.data.arrays import FloatArray
from know.data.polygons import arc, polar, polygon

# Shape suffixes: V vertices of one outline.


def _regular(sides: int, *, turn: float = 0.0) -> FloatArray:
    return polar(np.ones(sides, np.float32), turn=turn)


def _star(tips: int, *, inner: float) -> FloatArray:
    return polar(np.tile(np.array([1, inner], np.float32), tips))


def _crescent() -> FloatArray:
    outer = arc(0.25, 1.75, radius=1.0, vertices=15)
    inner = arc(1.64, 0.36, radius=0.78, vertices=10) + np.array([0.36, 0])
    vertices: FloatArray = np.concatenate([outer, inner]) + np.array([0.3, 0])
    return vertices


def _heart() -> FloatArray:
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([x, -y - 2.5], axis=1) / 16.5


def _drop() -> FloatArray:
    bowl = arc(-0.14, 1.14, radius=0.7, vertices=16) + np.array([0, 0.3])
    return np.concatenate([np.array([[0, -1.1]]), bowl])


_OUTLINES = {
    "circle": _regular(24),
    "square": _regular(4, turn=np.pi / 4),
    "triangle": _regular(3),
    "star": _star(5, inner=0.42),
    "cross": polygon(
        (-0.33, -1), (0.33, -1), (0.33, -0.33), (1, -0.33), (1, 0.33), (0.33, 0.33),
        (0.33, 1), (-0.33, 1), (-0.33, 0.33), (-1, 0.33), (-1, -0.33), (-0.33, -0.33),
    ),
    "heart": _heart(),
    "bolt": polygon(
        (0.1, -1), (-0.6, 0.2), (-0.05, 0.15), (-0.25, 1), (0.6, -0.25), (0.05, -0.2),
        (0.5, -1),
    ),
    "bar": polygon((-0.4, -1), (0.4, -1), (0.4, 1), (-0.4, 1)),
    "crescent": _crescent(),
    "arrow": polygon(
        (0, -1), (0.8, -0.1), (0.3, -0.1), (0.3, 1), (-0.3, 1), (-0.3, -0.1),
        (-0.8, -0.1),
    ),
    "tee": polygon(
        (-0.9, -0.9), (0.9, -0.9), (0.9, -0.3), (0.3, -0.3), (0.3, 1), (-0.3, 1),
        (-0.3, -0.3), (-0.9, -0.3),
    ),
    "drop": _drop(),
}  # fmt: skip

OUTLINES: dict[str, FloatArray] = {
    name: vertices.astype(np.float32) for name, vertices in _OUTLINES.items()
}
"""Vertices (V, 2) by name: x to the right, y down, about one unit from the centre."""
