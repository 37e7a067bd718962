"""Tools of every drawing style: objects' geometry, strokes, textures, layers."""

from dataclasses import dataclass

import numpy as np

from know.data.arrays import FloatArray
from know.data.drawing.catalogues import FILLS, OUTLINE_NAMES, VERTICES
from know.data.drawing.scenes import COLOURS, Scenes

# Shape suffixes: B scenes, C = 3 colour channels, S rows or columns, K texture knots,
# V vertices of one outline, M pictures, P points.

_KNOTS = 4
_STROKE_DRAWS = 8
_STRIPE_PERIOD = 0.8
_RIM = 0.3
_PALETTE = np.array(list(COLOURS.values()), dtype=np.float32)


@dataclass(frozen=True)
class Geometry:
    """One object of each scene: distances in pixels, each of shape (B, S, S)."""

    edge: FloatArray
    """Distance to the outline, negative inside; infinite where there is no object."""
    hole: FloatArray
    """Distance to a hollow object's inner edge, negative in the hole."""
    stripe: FloatArray
    """Distance to the edge of a striped object's stripes, negative within one."""


def object_geometry(
    scenes: Scenes, size: int, which: int, *, warp_BCSS: FloatArray | None = None
) -> Geometry:
    """Return the geometry of object `which` of each scene, in pictures of side `size`.

    The first two channels of `warp_BCSS` shift each pixel, in picture sides.
    """
    centre_S = (np.arange(size, dtype=np.float32) + 0.5) / size
    right_BSS = centre_S - scenes.x[:, which, None, None]
    down_BSS = centre_S[:, None] - scenes.y[:, which, None, None]
    if warp_BCSS is not None:
        right_BSS, down_BSS = right_BSS + warp_BCSS[:, 0], down_BSS + warp_BCSS[:, 1]
    turn_B11 = scenes.turn[:, which, None, None]
    radius_B11 = scenes.radius[:, which, None, None]
    stretch_B11 = scenes.stretch[:, which, None, None]
    cos, sin = np.cos(turn_B11), np.sin(turn_B11)
    u_BSS = (cos * right_BSS + sin * down_BSS) / (radius_B11 * stretch_B11)
    v_BSS = (cos * down_BSS - sin * right_BSS) / radius_B11 * stretch_B11
    edge_BSS = np.empty_like(u_BSS)
    for outline in np.unique(scenes.outlines[:, which]):
        mine = scenes.outlines[:, which] == outline
        vertices_V2 = VERTICES[OUTLINE_NAMES[outline]]
        edge_BSS[mine] = signed_distance(u_BSS[mine], v_BSS[mine], vertices_V2)
    edge_BSS[~scenes.is_present[:, which]] = np.inf
    wave_BSS = np.abs((u_BSS / _STRIPE_PERIOD) % 1 - 0.5) - 0.25
    pixels_B11 = radius_B11 * size
    is_hollow, is_striped = (
        (scenes.fills[:, which] == FILLS.index(fill))[:, None, None]
        for fill in ("hollow", "striped")
    )
    return Geometry(
        edge=edge_BSS * pixels_B11,
        hole=np.where(is_hollow, (edge_BSS + _RIM) * pixels_B11, np.inf),
        stripe=np.where(is_striped, wave_BSS * _STRIPE_PERIOD * pixels_B11, np.inf),
    )


def signed_distance(
    x_MP: FloatArray, y_MP: FloatArray, outline_V2: FloatArray
) -> FloatArray:
    """Return the distance of points to a polygon, negative inside.

    Source: the usual construction from clamped projections and the even-odd rule, as in
    I. Quilez, "2D distance functions"; a slow reference is in the tests.
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


def cover(distance: FloatArray) -> FloatArray:
    """Return the share of a pixel within an edge at this distance in pixels."""
    share: FloatArray = np.clip(0.5 - distance, 0, 1)
    return share


def lay_over(
    image_BCSS: FloatArray, colour_BC: FloatArray, share_BSS: FloatArray
) -> None:
    """Paint `colour_BC` over part of each pixel, in place."""
    image_BCSS += share_BSS[:, None] * (colour_BC[:, :, None, None] - image_BCSS)


def lay_strokes(
    image_BCSS: FloatArray,
    draws_BU: FloatArray,
    colour_BKC: FloatArray,
    *,
    width: float,
) -> None:
    """Paint a stroke per eight uniform draws, at most `width` picture sides wide."""
    size = image_BCSS.shape[3]
    at_S = np.arange(size, dtype=np.float32) + 0.5
    for index in range(draws_BU.shape[1] // _STROKE_DRAWS):
        draws = draws_BU[:, index * _STROKE_DRAWS :, None, None]
        angle = draws[:, 2] * np.pi
        along_x, along_y = np.cos(angle), np.sin(angle)
        right, down = at_S - draws[:, 0] * size, at_S[:, None] - draws[:, 1] * size
        half_length = (0.05 + 0.3 * draws[:, 3]) * size
        half_width = (0.2 + 0.8 * draws[:, 4]) * width * size / 2
        along = right * along_x + down * along_y
        beyond = np.maximum(np.abs(along) - half_length, 0)
        across = right * along_y - down * along_x
        distance = np.sqrt(beyond**2 + across**2) - half_width
        lay_over(image_BCSS, colour_BKC[:, index], cover(distance))


def stroke_colours(draws_BU: FloatArray) -> FloatArray:
    """Return the colour of each stroke by its own draws, shape (B, strokes, 3)."""
    return draws_BU.reshape(len(draws_BU), -1, _STROKE_DRAWS)[:, :, 5:]


def object_colours(scenes: Scenes, which: int) -> tuple[FloatArray, FloatArray]:
    """Return main and contrasting colour of object `which`, both (B, 3)."""
    jitter_BC = 0.24 * scenes.nuisances[:, -3:] - 0.12
    main_BC = np.clip(_PALETTE[scenes.colours[:, which]] + jitter_BC, 0, 1)
    is_bright_B1 = main_BC.mean(1, keepdims=True) > 0.45
    return main_BC, np.where(is_bright_B1, 0.3 * main_BC, 0.3 * main_BC + 0.7)


def textures(scenes: Scenes, size: int) -> tuple[FloatArray, FloatArray]:
    """Return smooth and pixelwise noise of about unit spread, both (B, 3, S, S)."""
    knots_B = np.empty((len(scenes), 3, _KNOTS, _KNOTS), dtype=np.float32)
    grain_BCSS = np.empty((len(scenes), 3, size, size), dtype=np.float32)
    for index, key in enumerate(scenes.keys):
        rng = np.random.Generator(np.random.Philox(key=int(key)))
        rng.standard_normal(dtype=np.float32, out=knots_B[index])
        rng.standard_normal(dtype=np.float32, out=grain_BCSS[index])
    blend_SK = _knot_weights(size)
    return blend_SK @ knots_B @ blend_SK.T, grain_BCSS


def _knot_weights(size: int) -> FloatArray:
    """Share of each knot in each pixel, linear between knots at the picture's ends."""
    at_S1 = np.linspace(0, _KNOTS - 1, size, dtype=np.float32)[:, None]
    away_SK = np.abs(at_S1 - np.arange(_KNOTS, dtype=np.float32))
    weights_SK: FloatArray = np.clip(1 - away_SK, 0, 1)
    return weights_SK
