"""Scenes of procedural shapes: the content of pictures before they are drawn.

A class is an outline with a fill. Everything else about a scene is nuisance: colour,
place, size, turn, stretch, background, clutter, light and noise. `rendering` makes
pictures and masks of scenes, `sentences` their captions.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from know.data.arrays import FloatArray, IntArray
from know.data.drawing.catalogues import CATALOGUES, FILLS, OUTLINE_NAMES, Catalogue
from know.randomness import seed_for

# Shape suffixes: N scenes, O objects of a scene, U nuisance draws, B scenes of a block.

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.85, 0.15, 0.15),
    "orange": (0.95, 0.55, 0.10),
    "yellow": (0.95, 0.90, 0.20),
    "green": (0.20, 0.65, 0.25),
    "blue": (0.15, 0.35, 0.85),
    "purple": (0.55, 0.20, 0.70),
    "brown": (0.45, 0.30, 0.15),
    "white": (0.95, 0.95, 0.95),
}
"""Mean red, green and blue of each colour's name, in [0, 1]."""

NUM_NUISANCES = 64
"""Uniform draws of a scene that renderers may use as they like."""

# A block is drawn whole, so scene i never depends on how many scenes are asked for.
_BLOCK = 256
_DRAWS_PER_OBJECT = 8
_RADII = (0.26, 0.45)
_STRETCH = 0.2
_TURN = 0.2


@dataclass(frozen=True)
class SceneObject:
    """One object, in words and in units of the picture's side."""

    outline: str
    fill: str
    colour: str
    is_large: bool
    x: float
    """Centre, from the left edge."""
    y: float
    """Centre, from the upper edge."""


@dataclass(frozen=True)
class Scenes:
    """Parameters of many scenes; lengths in units of the picture's side."""

    is_present: NDArray[np.bool_]
    """Shape (N, O), as all that follow up to `stretch`. Absent objects are not drawn;
    the first is always present."""
    positions: IntArray
    """Place of the object's class among the classes drawn from."""
    outlines: IntArray
    """Index into `OUTLINE_NAMES`."""
    fills: IntArray
    """Index into `FILLS`."""
    colours: IntArray
    """Index into `COLOURS`."""
    x: FloatArray
    """Centre, from the left edge."""
    y: FloatArray
    """Centre, from the upper edge."""
    radius: FloatArray
    turn: FloatArray
    """Clockwise, in radians."""
    stretch: FloatArray
    """Factor of the outline's width, and divisor of its height."""
    nuisances: FloatArray
    """Shape (N, U), uniform in [0, 1)."""
    keys: NDArray[np.uint64]
    """Shape (N,): seed of each picture's texture and noise."""

    def __len__(self) -> int:
        """Return the number of scenes."""
        return len(self.keys)

    @property
    def labels(self) -> IntArray:
        """Shape (N,): place, in the classes drawn from, of the first object's class."""
        return self.positions[:, 0]

    def part(self, chosen: slice | IntArray) -> "Scenes":
        """Return some of the scenes, in the order of `chosen`."""
        return Scenes(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})

    def objects(self, index: int) -> list[SceneObject]:
        """Describe the objects of one scene in words."""
        middle = sum(_RADII) / 2 / _cells(self.outlines.shape[1])
        colours = tuple(COLOURS)
        return [
            SceneObject(
                outline=OUTLINE_NAMES[self.outlines[index, o]],
                fill=FILLS[self.fills[index, o]],
                colour=colours[self.colours[index, o]],
                is_large=bool(self.radius[index, o] > middle),
                x=float(self.x[index, o]),
                y=float(self.y[index, o]),
            )
            for o in np.flatnonzero(self.is_present[index])
        ]


def draw_scenes(
    num_scenes: int,
    *,
    seed: int,
    split: str,
    grain: str = "coarse",
    classes: Sequence[int] | None = None,
    num_objects: int = 1,
) -> Scenes:
    """Draw the first scenes of an endless sequence.

    Args:
        num_scenes: number of scenes; a smaller number gives a prefix of a larger one.
        seed: seed of the sequence.
        split: name of the sequence, such as `train`; sequences of different names are
            independent.
        grain: key of `CATALOGUES`.
        classes: indices into the catalogue that objects may have; by default all.
        num_objects: most objects of a scene, in cells of their own, later ones on top;
            every number from 1 on is equally likely.

    Returns:
        The scenes; labels are positions in `classes`.
    """
    catalogue = CATALOGUES[grain]
    names = ("shapes", seed, split, num_objects)
    blocks = range(math.ceil(num_scenes / _BLOCK))
    draws = [_draw_block(seed_for(*names, block), num_objects) for block in blocks]
    uniform_ND = np.concatenate([uniform for uniform, _ in draws])[:num_scenes]
    key_N = np.concatenate([keys for _, keys in draws])[:num_scenes]
    classes_C = (
        np.arange(len(catalogue.names)) if classes is None else np.array(classes)
    )
    return _scenes(uniform_ND, key_N, catalogue, classes_C, num_objects)


def _draw_block(seed: int, num_objects: int) -> tuple[FloatArray, NDArray[np.uint64]]:
    rng = np.random.Generator(np.random.Philox(key=seed))
    num_object_draws = num_objects * _DRAWS_PER_OBJECT
    num_draws = num_object_draws + NUM_NUISANCES + _cells(num_objects) ** 2
    uniform_BD = rng.random((_BLOCK, num_draws), dtype=np.float32)
    return uniform_BD, rng.integers(2**63, size=_BLOCK, dtype=np.uint64)


def _scenes(
    uniform_ND: FloatArray,
    key_N: NDArray[np.uint64],
    catalogue: Catalogue,
    classes_C: IntArray,
    num_objects: int,
) -> Scenes:
    cells = _cells(num_objects)
    split = num_objects * _DRAWS_PER_OBJECT
    objects = uniform_ND[:, :split].reshape(-1, num_objects, _DRAWS_PER_OBJECT)
    kind, colour, radius, x, y, turn, stretch, spare = np.moveaxis(objects, 2, 0)
    position_NO = (kind * len(classes_C)).astype(np.int64)
    class_NO = classes_C[position_NO]
    radius_NO = (_RADII[0] + (_RADII[1] - _RADII[0]) * radius) / cells
    last = split + NUM_NUISANCES
    cell_NO = np.argsort(uniform_ND[:, last:], axis=1)[:, :num_objects]
    # A little of a large object may leave its cell.
    margin_NO = 0.8 * radius_NO
    slack_NO = 1 / cells - 2 * margin_NO
    return Scenes(
        is_present=np.arange(num_objects) <= np.floor(spare[:, :1] * num_objects),
        positions=position_NO,
        outlines=catalogue.outlines[class_NO],
        fills=catalogue.fills[class_NO],
        colours=(colour * len(COLOURS)).astype(np.int64),
        x=((cell_NO % cells) / cells + margin_NO + slack_NO * x).astype(np.float32),
        y=((cell_NO // cells) / cells + margin_NO + slack_NO * y).astype(np.float32),
        radius=radius_NO,
        turn=(2 * turn - 1) * np.float32(_TURN * np.pi),
        stretch=np.exp((2 * stretch - 1) * np.float32(_STRETCH)),
        nuisances=uniform_ND[:, split:last],
        keys=key_N,
    )


def _cells(num_objects: int) -> int:
    """Cells along a side of the grid that keeps objects apart."""
    return math.ceil(math.sqrt(num_objects))
