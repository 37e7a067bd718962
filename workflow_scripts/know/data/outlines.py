"""Outlines of the procedural shapes: polygons, and the distance to them."""

import numpy as np

from know.data.arrays import FloatArray

# Shape suffixes: V vertices of one outline, M images, P pixels.


def signed_distance(
    x_MP: FloatArray, y_MP: FloatArray, outline_V2: FloatArray
) -> FloatArray:
    """Distance of points to a polygon, negative inside.

    Source: the usual construction from clamped projections and the even-odd rule, as in
    I. Quilez, "2D distance functions"; a slow reference is in the tests.

    Args:
        x_MP: points' abscissae, any shape.
        y_MP: points' ordinates, the same shape.
        outline_V2: vertices in order, shape (V, 2).

    Returns:
        Distances in the polygon's unit, the shape of `x_MP`.
    """
    nearest_MP = np.full(x_MP.shape, np.inf, dtype=np.float32)
    is_inside_MP = np.zeros(x_MP.shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(outline_V2, np.roll(outline_V2, -1, 0), strict=True):
        edge_x, edge_y = x1 - x0, y1 - y0
        from_x, from_y = x_MP - x0, y_MP - y0
        along = (from_x * edge_x + from_y * edge_y) / (edge_x**2 + edge_y**2)
        np.clip(along, 0, 1, out=along)
        off_x, off_y = from_x - edge_x * along, from_y - edge_y * along
        np.minimum(nearest_MP, off_x**2 + off_y**2, out=nearest_MP)
        spans = (y_MP >= y0) != (y_MP >= y1)
        is_left = (edge_x * from_y > edge_y * from_x) == (edge_y > 0)
        is_inside_MP ^= spans & is_left
    return np.where(is_inside_MP, -1, 1).astype(np.float32) * np.sqrt(nearest_MP)


def _polar(radius: FloatArray, *, turn: float = 0.0) -> FloatArray:
    """Vertices at equal angles, clockwise from the top, at the radii given."""
    angle = np.linspace(0, 2 * np.pi, len(radius), endpoint=False) + turn
    return np.stack([np.sin(angle), -np.cos(angle)], axis=1) * radius[:, None]


def _regular(sides: int, *, turn: float = 0.0) -> FloatArray:
    return _polar(np.ones(sides, np.float32), turn=turn)


def _star(points: int, *, inner: float) -> FloatArray:
    return _polar(np.tile(np.array([1, inner], np.float32), points))


def _arc(start: float, stop: float, *, radius: float, vertices: int) -> FloatArray:
    angle = np.linspace(start, stop, vertices) * np.pi
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


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


def _points(*vertices: tuple[float, float]) -> FloatArray:
    return np.array(vertices)


_OUTLINES = {
    "circle": _regular(24),
    "square": _regular(4, turn=np.pi / 4),
    "triangle": _regular(3),
    "star": _star(5, inner=0.42),
    "cross": _points(
        (-0.33, -1), (0.33, -1), (0.33, -0.33), (1, -0.33), (1, 0.33), (0.33, 0.33),
        (0.33, 1), (-0.33, 1), (-0.33, 0.33), (-1, 0.33), (-1, -0.33), (-0.33, -0.33),
    ),
    "heart": _heart(),
    "bolt": _points(
        (0.1, -1), (-0.6, 0.2), (-0.05, 0.15), (-0.25, 1), (0.6, -0.25), (0.05, -0.2),
        (0.5, -1),
    ),
    "bar": _points((-0.4, -1), (0.4, -1), (0.4, 1), (-0.4, 1)),
    "crescent": _crescent(),
    "arrow": _points(
        (0, -1), (0.8, -0.1), (0.3, -0.1), (0.3, 1), (-0.3, 1), (-0.3, -0.1),
        (-0.8, -0.1),
    ),
    "tee": _points(
        (-0.9, -0.9), (0.9, -0.9), (0.9, -0.3), (0.3, -0.3), (0.3, 1), (-0.3, 1),
        (-0.3, -0.3), (-0.9, -0.3),
    ),
    "drop": _drop(),
}  # fmt: skip

OUTLINES: dict[str, FloatArray] = {
    name: vertices.astype(np.float32) for name, vertices in _OUTLINES.items()
}
"""Vertices (V, 2) by name: x to the right, y down, about one unit from the centre."""
