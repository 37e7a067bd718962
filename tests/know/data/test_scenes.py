import numpy as np
import pytest

from know.data.drawing.catalogues import CATALOGUES, FILLS
from know.data.drawing.scenes import draw_scenes
from know.data.drawing.sentences import sentence


@pytest.mark.parametrize("other", [{"seed": 2}, {"split": "test"}])
def test_another_seed_or_split_is_another_row(other):
    first = draw_scenes(50, seed=1, split="train")
    second = draw_scenes(50, **{"seed": 1, "split": "train", **other})
    assert not np.isin(first.keys, second.keys).any()
    assert (first.x != second.x).all()


def test_labels_are_positions_in_the_classes_asked_for():
    scenes = draw_scenes(400, seed=0, split="train", classes=[30, 7])
    assert set(scenes.labels.tolist()) == {0, 1}
    classes = scenes.outlines[:, 0] * len(FILLS) + scenes.fills[:, 0]
    np.testing.assert_array_equal(classes, np.array([30, 7])[scenes.labels])
    found = scenes.objects(0)[0]
    assert f"{found.fill} {found.outline}" == CATALOGUES["coarse"].names[classes[0]]


def test_objects_of_a_scene_lie_in_different_places():
    scenes = draw_scenes(200, seed=0, split="train", num_objects=4)
    cells = np.floor(scenes.x * 2) + 2 * np.floor(scenes.y * 2)
    assert all(len(set(row)) == 4 for row in cells.tolist())


def test_the_first_scenes_stay_what_they_were():
    scenes = draw_scenes(3, seed=0, split="train", num_objects=2)
    assert [sentence(scenes.objects(index)) for index in range(3)] == [
        "a small green plain crescent above a small blue plain triangle",
        "a small orange plain bolt above a small yellow striped square",
        "a large yellow hollow bar at the top on the left",
    ]
