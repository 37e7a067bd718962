"""Polygons: laying out their vertices, and the distance to them."""

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


def polar(radius: FloatArray, *, turn: float = 0.0) -> FloatArray:
    """Vertices at equal angles, clockwise from the top, at the radii given."""
    angle = np.linspace(0, 2 * np.pi, len(radius), endpoint=False) + turn
    return np.stack([np.sin(angle), -np.cos(angle)], axis=1) * radius[:, None]


def arc(start: float, stop: float, *, radius: float, vertices: int) -> FloatArray:
    """Vertices on a circle, clockwise from `start` to `stop` (0 is right, 1 left)."""
    angle = np.linspace(start, stop, vertices) * np.pi
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def polygon(*vertices: tuple[float, float]) -> FloatArray:
    """Vertices as they are written down."""
    return np.array(vertices)
