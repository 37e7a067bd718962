from dataclasses import replace

import numpy as np
import pytest

from know.data.arrays import IGNORE
from know.data.drawing.canvas import object_geometry
from know.data.drawing.catalogues import FILLS, OUTLINE_NAMES
from know.data.drawing.rendering import STYLES, masks, render
from know.data.drawing.scenes import draw_scenes

SCENES = draw_scenes(150, seed=0, split="train", num_objects=2)


@pytest.mark.parametrize("style", sorted(STYLES))
class TestEveryStyle:
    def test_a_picture_depends_on_its_own_scene_alone(self, style):
        chosen = np.array([140, 3, 70])
        together = render(SCENES, 16, style=style)[chosen]
        np.testing.assert_array_equal(
            render(SCENES.part(chosen), 16, style=style), together
        )

    def test_the_picture_shows_the_object(self, style):
        """Within the mask of a plain object, pixels are alike; across it, they step."""
        scenes = draw_scenes(200, seed=3, split="train", classes=[0, 3, 15])
        images = render(scenes, 32, style=style).astype(float).mean(3)
        is_object = masks(scenes, 32) > 0
        geometry = object_geometry(scenes, 32, 0)
        is_rim = np.abs(geometry.edge) < 1.5
        slope = np.hypot(*np.gradient(images, axis=(1, 2)))
        assert slope[is_rim].mean() > 1.3 * slope[is_object & ~is_rim].mean()


# Of the first picture: mean, and mean weighted by place.
FIRST_PICTURES = {
    "art": (113.36, 5466.7),
    "cartoon": (170.84, 8302.2),
    "photo": (130.35, 6162.2),
    "sketch": (215.74, 10283.9),
}


@pytest.mark.parametrize("style", sorted(STYLES))
def test_the_first_picture_stays_what_it_was(style):
    """But for what processors round differently."""
    scenes = draw_scenes(1, seed=0, split="train")
    picture = render(scenes, 16, style=style).astype(float)
    weights = np.arange(picture.size).reshape(picture.shape) % 97
    found = (picture.mean(), (picture * weights).mean())
    assert found == pytest.approx(FIRST_PICTURES[style], rel=1e-4)


def test_an_absent_object_is_neither_painted_nor_marked():
    scenes = draw_scenes(80, seed=4, split="train", num_objects=3)
    alone = scenes.part(np.flatnonzero(scenes.is_present.sum(1) == 1))
    first = replace(
        alone,
        **{
            name: getattr(alone, name)[:, :1]
            for name in (
                *("is_present", "positions", "outlines", "fills", "colours"),
                *("x", "y", "radius", "turn", "stretch"),
            )
        },
    )
    np.testing.assert_array_equal(masks(alone, 32), masks(first, 32))
    for style in STYLES:
        np.testing.assert_array_equal(
            render(alone, 32, style=style), render(first, 32, style=style)
        )


def test_a_mask_lies_where_the_object_does():
    circle = OUTLINE_NAMES.index("circle")
    scenes = draw_scenes(60, seed=0, split="t", classes=[circle * len(FILLS)])
    places = np.concatenate([scenes.y, scenes.x], axis=1)
    is_whole = (np.abs(places - 0.5).max(1) + 1.25 * scenes.radius[:, 0]) < 0.5
    assert is_whole.sum() > 5
    at_S = (np.arange(64) + 0.5) / 64
    for mask, place in zip(masks(scenes, 64)[is_whole], places[is_whole], strict=True):
        is_circle = mask == 1
        middle = at_S[is_circle.any(1)].mean(), at_S[is_circle.any(0)].mean()
        np.testing.assert_allclose(middle, place, atol=0.02)
        assert set(np.unique(mask)) == {0, 1, IGNORE}


def test_a_later_object_covers_an_earlier_one():
    both = draw_scenes(200, seed=1, split="train", num_objects=2)
    top = object_geometry(both, 32, 1).edge <= -0.5
    marked = masks(both, 32)
    expected = np.broadcast_to(both.positions[:, 1, None, None] + 1, marked.shape)
    np.testing.assert_array_equal(marked[top], expected[top])
