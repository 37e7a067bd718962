"""Sentences about scenes, in a few wordings."""

from collections.abc import Sequence

from know.data.drawing.scenes import SceneObject

NUM_WORDINGS = 5
"""As Flickr8K has five captions to a picture."""


def sentence(objects: Sequence[SceneObject], *, variant: int = 0) -> str:
    """Describe the objects of a scene, in one of `NUM_WORDINGS` variants from 0 on."""
    detailed = [_phrase(o, is_short=variant == 4) for o in objects]
    if len(detailed) == 1:
        said = f"{detailed[0]} {_place(objects[0])}"
    else:
        first, second = (1, 0) if variant == 3 else (0, 1)
        relation = _relation(objects[first], objects[second])
        said = f"{detailed[first]} {relation} {detailed[second]}"
        said = " and ".join([said, *detailed[2:]])
    openings = ("", "there is ", "a picture of ", "", "")
    return openings[variant] + said


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
