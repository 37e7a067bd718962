import numpy as np
import pytest

from know.data.drawing.canvas import signed_distance
from know.data.drawing.catalogues import (
    CATALOGUES,
    FILLS,
    OUTLINE_NAMES,
    VERTICES,
)


def slow_distance(x, y, vertices):
    """Nearest of the edges' points, sampled; inside by the winding of the angles."""
    edges = list(zip(vertices, np.roll(vertices, -1, 0), strict=True))
    t = np.linspace(0, 1, 400)[:, None]
    samples = np.concatenate([a + t * (b - a) for a, b in edges])
    nearest = np.sqrt(((samples - [x, y]) ** 2).sum(1).min())
    angles = np.arctan2(vertices[:, 1] - y, vertices[:, 0] - x)
    steps = np.angle(np.exp(1j * (np.roll(angles, -1) - angles)))
    return -nearest if abs(steps.sum()) > np.pi else nearest


@pytest.mark.parametrize("name", OUTLINE_NAMES)
def test_distances_agree_with_a_slow_reference(name):
    points = np.random.default_rng(0).uniform(-1.3, 1.3, (40, 2)).astype(np.float32)
    found = signed_distance(points[:, 0], points[:, 1], VERTICES[name])
    slow = [slow_distance(x, y, VERTICES[name].astype(float)) for x, y in points]
    np.testing.assert_allclose(found, slow, atol=0.005)


@pytest.mark.parametrize("grain", sorted(CATALOGUES))
def test_a_class_of_its_own_look_is_named_by_its_fill_and_outline(grain):
    catalogue = CATALOGUES[grain]
    looks = list(zip(catalogue.fills, catalogue.outlines, strict=True))
    names = [f"{FILLS[fill]} {OUTLINE_NAMES[outline]}" for fill, outline in looks]
    assert list(catalogue.names) == names
    assert len(names) == len(set(names))
