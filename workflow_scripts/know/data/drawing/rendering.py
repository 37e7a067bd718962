"""Pictures and masks of scenes, in four styles and any size."""

from collections.abc import Callable

import numpy as np

from know.data.arrays import IGNORE, ByteArray, FloatArray
from know.data.drawing.canvas import (
    cover,
    lay_over,
    lay_strokes,
    object_colours,
    object_geometry,
    stroke_colours,
    textures,
)
from know.data.drawing.scenes import Scenes

# Shape suffixes: N scenes, B of a batch, C = 3 colour channels, S rows or columns.

# Pictures drawn together, few enough for their arrays to stay in the cache.
_BATCH = 64
_NUM_BEHIND, _NUM_BEFORE = 3 * 8, 1 * 8
_WAVER = 0.035
"""Shift of the pixels of a painting by its smooth texture, in picture sides."""
_TONES = 5


def render(scenes: Scenes, size: int, *, style: str = "photo") -> ByteArray:
    """Draw pictures of scenes in one of `STYLES`.

    Returns:
        RGB, shape (N, size, size, 3); each picture depends on its own scene alone.
    """
    images = np.empty((len(scenes), size, size, 3), dtype=np.uint8)
    for start in range(0, len(scenes), _BATCH):
        batch = slice(start, start + _BATCH)
        image_BCSS = STYLES[style](scenes.part(batch), size)
        levels_BCSS = np.rint(255 * np.clip(image_BCSS, 0, 1))
        images[batch] = levels_BCSS.astype(np.uint8).transpose(0, 2, 3, 1)
    return images


def masks(scenes: Scenes, size: int, *, style: str = "photo") -> ByteArray:
    """Mark the class of each pixel of scenes whose pictures `render` draws.

    Returns:
        Shape (N, size, size): 0 for the background; 1 plus the class's place among the
        classes drawn from, for everything that an outline encloses, including the hole
        of a hollow object; `IGNORE` where an outline crosses a pixel, as VOC's rims.
    """
    marked = np.zeros((len(scenes), size, size), dtype=np.uint8)
    for start in range(0, len(scenes), _BATCH):
        batch = slice(start, start + _BATCH)
        part = scenes.part(batch)
        warp_BCSS = _WAVER * textures(part, size)[0] if style == "art" else None
        for which in range(part.outlines.shape[1]):
            edge_BSS = object_geometry(part, size, which, warp_BCSS=warp_BCSS).edge
            value_B11 = part.positions[:, which, None, None] + 1
            value_BSS = np.where(np.abs(edge_BSS) < 0.5, IGNORE, value_B11)
            marked[batch] = np.where(edge_BSS < 0.5, value_BSS, marked[batch])
    return marked


def _photo(scenes: Scenes, size: int) -> FloatArray:
    """Textured background, shaded objects, clutter behind and before, light, noise."""
    smooth_BCSS, grain_BCSS = textures(scenes, size)
    draws_BU = scenes.nuisances
    image_BCSS = _backdrop(scenes, size) + 0.07 * smooth_BCSS
    behind = draws_BU[:, :_NUM_BEHIND]
    before = draws_BU[:, _NUM_BEHIND:][:, :_NUM_BEFORE]
    lay_strokes(image_BCSS, behind, stroke_colours(behind), width=0.15)
    for which in range(scenes.outlines.shape[1]):
        _fill(scenes, size, which, image_BCSS)
    image_BCSS *= 1 + 0.15 * smooth_BCSS[:, :1]
    lay_strokes(image_BCSS, before, stroke_colours(before), width=0.07)
    contrast, light, noise = (_draw(scenes, u)[:, None] for u in (-7, -6, -5))
    image_BCSS = 0.5 + (image_BCSS - 0.5) * (0.7 + 0.4 * contrast)
    return image_BCSS + 0.3 * (light - 0.5) + 0.06 * noise * grain_BCSS


def _cartoon(scenes: Scenes, size: int) -> FloatArray:
    """Flat pale background, flat colours, thick dark outlines."""
    image_BCSS = _flat(0.6 + 0.4 * scenes.nuisances[:, -10:-7], size)
    behind = scenes.nuisances[:, :_NUM_BEHIND]
    lay_strokes(image_BCSS, behind, 0.5 + 0.5 * stroke_colours(behind), width=0.15)
    for which in range(scenes.outlines.shape[1]):
        _fill(scenes, size, which, image_BCSS)
        geometry = object_geometry(scenes, size, which)
        black_BC = np.full((len(scenes), 3), 0.05, dtype=np.float32)
        line_BSS = _line(geometry.edge, size, width=0.045)
        inner_BSS = _line(geometry.hole, size, width=0.03)
        lay_over(image_BCSS, black_BC, np.maximum(line_BSS, inner_BSS))
    return image_BCSS


def _sketch(scenes: Scenes, size: int) -> FloatArray:
    """Pencil on paper: outlines, hatching for stripes, faint strokes; no colour."""
    _, grain_BCSS = textures(scenes, size)
    image_BCSS = _flat(np.full((len(scenes), 3), 0.95, dtype=np.float32), size)
    behind = scenes.nuisances[:, :_NUM_BEHIND]
    grey = 0.6 + 0.3 * stroke_colours(behind)[:, :, :1].repeat(3, axis=2)
    lay_strokes(image_BCSS, behind, grey, width=0.03)
    for which in range(scenes.outlines.shape[1]):
        geometry = object_geometry(scenes, size, which)
        inside_BSS = cover(geometry.edge)
        lines = (geometry.edge, geometry.hole, geometry.stripe)
        edge, hole, hatch = (_line(d, size, width=0.03) for d in lines)
        paper_BC = np.full((len(scenes), 3), 0.97, dtype=np.float32)
        lay_over(image_BCSS, paper_BC, inside_BSS)
        dark_BSS = np.maximum(edge, inside_BSS * np.maximum(hole, hatch))
        lay_over(image_BCSS, 0.15 * paper_BC, dark_BSS)
    return image_BCSS + 0.02 * grain_BCSS[:, :1]


def _art(scenes: Scenes, size: int) -> FloatArray:
    """Paint: wavering edges, mixed colours in few tones, brush marks."""
    smooth_BCSS, grain_BCSS = textures(scenes, size)
    warp_BCSS = _WAVER * smooth_BCSS
    image_BCSS = _backdrop(scenes, size) + 0.15 * smooth_BCSS
    behind = scenes.nuisances[:, :_NUM_BEHIND]
    lay_strokes(image_BCSS, behind, stroke_colours(behind), width=0.3)
    for which in range(scenes.outlines.shape[1]):
        _fill(scenes, size, which, image_BCSS, warp_BCSS=warp_BCSS)
    angle = np.pi * _draw(scenes, -7)
    at_S = np.arange(size, dtype=np.float32) / size
    phase = 7 * (at_S * np.cos(angle) + at_S[:, None] * np.sin(angle))
    brush_BSS = np.sin(2 * np.pi * (phase + smooth_BCSS[:, 0]))
    image_BCSS = image_BCSS + 0.05 * brush_BSS[:, None] + 0.03 * grain_BCSS
    toned_BCSS: FloatArray = np.rint(image_BCSS * _TONES) / _TONES
    return toned_BCSS


def _fill(
    scenes: Scenes,
    size: int,
    which: int,
    image_BCSS: FloatArray,
    *,
    warp_BCSS: FloatArray | None = None,
) -> None:
    """Paint one object with its fill over the pictures, in place."""
    geometry = object_geometry(scenes, size, which, warp_BCSS=warp_BCSS)
    main_BC, second_BC = object_colours(scenes, which)
    share_BSS = cover(geometry.edge) * (1 - cover(geometry.hole))
    lay_over(image_BCSS, main_BC, share_BSS)
    lay_over(image_BCSS, second_BC, share_BSS * cover(geometry.stripe))


def _backdrop(scenes: Scenes, size: int) -> FloatArray:
    """A slope between two colours that contrast with the first object."""
    first_BC, second_BC = scenes.nuisances[:, -13:-10], scenes.nuisances[:, -10:-7]
    main_BC, _ = object_colours(scenes, 0)
    lead_B1 = ((first_BC + second_BC) / 2 - main_BC).mean(1, keepdims=True)
    push_B1 = np.sign(lead_B1) * np.maximum(0.3 - np.abs(lead_B1), 0)
    angle = 2 * np.pi * _draw(scenes, -4)
    at_S = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    slope_BSS = 0.5 + at_S * np.cos(angle) + at_S[:, None] * np.sin(angle)
    image_BCSS = _flat(first_BC + push_B1, size)
    lay_over(image_BCSS, second_BC + push_B1, np.clip(slope_BSS, 0, 1))
    return image_BCSS


def _line(distance_BSS: FloatArray, size: int, *, width: float) -> FloatArray:
    """Share of each pixel under a line along an edge, at least a pixel wide."""
    half_width = max(width * size, 1.0) / 2
    return cover(np.abs(distance_BSS) - half_width)


def _flat(colour_BC: FloatArray, size: int) -> FloatArray:
    return np.tile(colour_BC[:, :, None, None], (1, 1, size, size))


def _draw(scenes: Scenes, which: int) -> FloatArray:
    return scenes.nuisances[:, which, None, None]


STYLES: dict[str, Callable[[Scenes, int], FloatArray]] = {
    "art": _art,
    "cartoon": _cartoon,
    "photo": _photo,
    "sketch": _sketch,
}
"""Pictures (B, 3, size, size), about [0, 1], by the style's name."""
