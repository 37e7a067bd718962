"""Scenes of procedural shapes: what is in a picture, before it is drawn.

A class is an outline with a fill. Everything else about a scene is nuisance: colour,
place, size, turn, stretch, background, clutter, light and noise. One scene yields its
picture in any size and style (`know.data.rendering`), its mask and its sentence.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from know.data.arrays import FloatArray, IntArray
from know.data.outlines import OUTLINES
from know.errors import KnowError
from know.randomness import seed_for

# Shape suffixes: N scenes, O objects of a scene, U nuisance draws, B scenes of a block.

FILLS = ("plain", "striped", "hollow")
OUTLINE_NAMES = tuple(OUTLINES)
CLASS_NAMES = tuple(f"{fill} {outline}" for outline in OUTLINES for fill in FILLS)
"""Class c is outline c // 3 with fill c % 3, so later classes have unseen outlines."""

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
_DRAWS_AN_OBJECT = 8
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
class Scene:
    """What a sentence can say about one picture."""

    objects: tuple[SceneObject, ...]


@dataclass(frozen=True)
class Scenes:
    """Parameters of many scenes; lengths in units of the picture's side."""

    labels: IntArray
    """Shape (N,): place, in the classes drawn from, of the first object's class."""
    outlines: IntArray
    """Shape (N, O), as all that follow up to `stretch`: index into `OUTLINE_NAMES`."""
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
        """Number of scenes."""
        return len(self.keys)

    def part(self, chosen: slice | IntArray) -> "Scenes":
        """Some of the scenes, in the order of `chosen`."""
        return Scenes(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})

    def scene(self, index: int) -> Scene:
        """One scene in words."""
        middle = sum(_RADII) / 2 / _cells(self.outlines.shape[1])
        colours = tuple(COLOURS)
        return Scene(
            tuple(
                SceneObject(
                    outline=OUTLINE_NAMES[self.outlines[index, o]],
                    fill=FILLS[self.fills[index, o]],
                    colour=colours[self.colours[index, o]],
                    is_large=bool(self.radius[index, o] > middle),
                    x=float(self.x[index, o]),
                    y=float(self.y[index, o]),
                )
                for o in range(self.outlines.shape[1])
            )
        )


def draw_scenes(
    num_scenes: int,
    *,
    seed: int,
    split: str,
    classes: Sequence[int] = range(len(CLASS_NAMES)),
    num_objects: int = 1,
) -> Scenes:
    """Draw the first scenes of an endless row of them.

    Args:
        num_scenes: how many; a smaller number gives a prefix of a larger one.
        seed: of the row.
        split: name of the row, such as `train`; rows of other names are independent.
        classes: indices into `CLASS_NAMES` of what objects may be.
        num_objects: objects of each scene, in cells of their own, later ones on top.

    Returns:
        The scenes; labels are positions in `classes`.

    Raises:
        KnowError: if there is no scene, class or object, or a class is unknown.
    """
    unknown = [c for c in classes if not 0 <= c < len(CLASS_NAMES)]
    if unknown or not len(classes) or num_objects < 1 or num_scenes < 1:
        raise KnowError(
            f"wanted at least one scene of at least one object, of classes from 0 to "
            f"{len(CLASS_NAMES) - 1}, found {num_scenes} scenes of {num_objects} "
            f"objects of classes {list(classes)}"
        )
    names = ("shapes", seed, split, num_objects)
    blocks = range(math.ceil(num_scenes / _BLOCK))
    draws = [_draw_block(seed_for(*names, block), num_objects) for block in blocks]
    uniform_ND = np.concatenate([uniform for uniform, _ in draws])[:num_scenes]
    key_N = np.concatenate([keys for _, keys in draws])[:num_scenes]
    return _scenes(uniform_ND, key_N, np.array(classes, dtype=np.int64), num_objects)


def sentence(scene: Scene, *, variant: int = 0) -> str:
    """What one scene shows, in one of five wordings.

    Args:
        scene: to describe.
        variant: 0 to 4, as Flickr8K has five captions to a picture.
    """
    detailed = [_phrase(o, is_short=variant == 4) for o in scene.objects]
    if len(detailed) == 1:
        said = f"{detailed[0]} {_place(scene.objects[0])}"
    else:
        first, second = (1, 0) if variant == 3 else (0, 1)
        relation = _relation(scene.objects[first], scene.objects[second])
        said = f"{detailed[first]} {relation} {detailed[second]}"
        said = " and ".join([said, *detailed[2:]])
    openings = ("", "there is ", "a picture of ", "", "")
    return openings[variant] + said


def _draw_block(seed: int, num_objects: int) -> tuple[FloatArray, NDArray[np.uint64]]:
    rng = np.random.Generator(np.random.Philox(key=seed))
    num_draws = (
        num_objects * _DRAWS_AN_OBJECT + NUM_NUISANCES + _cells(num_objects) ** 2
    )
    uniform_BD = rng.random((_BLOCK, num_draws), dtype=np.float32)
    return uniform_BD, rng.integers(2**63, size=_BLOCK, dtype=np.uint64)


def _scenes(
    uniform_ND: FloatArray,
    key_N: NDArray[np.uint64],
    classes_C: IntArray,
    num_objects: int,
) -> Scenes:
    cells = _cells(num_objects)
    split = num_objects * _DRAWS_AN_OBJECT
    objects = uniform_ND[:, :split].reshape(-1, num_objects, _DRAWS_AN_OBJECT)
    kind, colour, radius, x, y, turn, stretch, _ = np.moveaxis(objects, 2, 0)
    position_NO = (kind * len(classes_C)).astype(np.int64)
    class_NO = classes_C[position_NO]
    radius_NO = (_RADII[0] + (_RADII[1] - _RADII[0]) * radius) / cells
    last = split + NUM_NUISANCES
    cell_NO = np.argsort(uniform_ND[:, last:], axis=1)[:, :num_objects]
    # A little of a large object may leave its cell.
    margin_NO = 0.8 * radius_NO
    slack_NO = 1 / cells - 2 * margin_NO
    return Scenes(
        labels=position_NO[:, 0],
        outlines=class_NO // len(FILLS),
        fills=class_NO % len(FILLS),
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


def _phrase(thing: SceneObject, *, is_short: bool) -> str:
    if is_short:
        article = "an" if thing.colour[0] in "aeiou" else "a"
        return f"{article} {thing.colour} {thing.outline}"
    size = "large" if thing.is_large else "small"
    return f"a {size} {thing.colour} {thing.fill} {thing.outline}"


def _place(thing: SceneObject) -> str:
    row = ("at the top", "in the middle", "at the bottom")[_third(thing.y)]
    column = (" on the left", "", " on the right")[_third(thing.x)]
    return row + column


def _third(position: float) -> int:
    return min(max(int((position - 0.3) / 0.4 * 3), 0), 2)


def _relation(first: SceneObject, second: SceneObject) -> str:
    right, down = second.x - first.x, second.y - first.y
    if abs(right) > abs(down):
        return "left of" if right > 0 else "right of"
    return "above" if down > 0 else "below"
