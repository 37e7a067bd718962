from dataclasses import fields

import numpy as np
import pytest

from know.data.scenes import (
    CLASS_NAMES,
    COLOURS,
    FILLS,
    OUTLINE_NAMES,
    Scene,
    SceneObject,
    draw_scenes,
    sentence,
)
from know.errors import KnowError

STAR = SceneObject(
    outline="star", fill="striped", colour="orange", is_large=True, x=0.2, y=0.25
)
HEART = SceneObject(
    outline="heart", fill="plain", colour="red", is_large=False, x=0.3, y=0.8
)


def assert_same(first, second):
    for f in fields(first):
        np.testing.assert_array_equal(getattr(first, f.name), getattr(second, f.name))


def test_there_are_36_classes_of_which_the_last_12_have_outlines_of_their_own():
    assert len(set(CLASS_NAMES)) == 36
    first = {name.split()[1] for name in CLASS_NAMES[:24]}
    assert not first & {name.split()[1] for name in CLASS_NAMES[24:]}


@pytest.mark.parametrize("num_objects", [1, 3])
def test_a_smaller_draw_is_a_prefix_of_a_larger_one(num_objects):
    small = draw_scenes(300, seed=1, split="train", num_objects=num_objects)
    large = draw_scenes(700, seed=1, split="train", num_objects=num_objects)
    assert_same(large.part(slice(0, 300)), small)


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
    found = scenes.scene(0).objects[0]
    assert f"{found.fill} {found.outline}" == CLASS_NAMES[classes[0]]


def test_classes_are_drawn_about_equally_often():
    labels = draw_scenes(7200, seed=0, split="train").labels
    counts = np.bincount(labels, minlength=36)
    assert counts.min() > 150
    assert counts.max() < 250


def test_colour_says_nothing_about_the_class():
    scenes = draw_scenes(8000, seed=0, split="train", classes=[0, 35])
    counts = np.bincount(scenes.colours[scenes.labels == 0, 0], minlength=len(COLOURS))
    np.testing.assert_allclose(counts / counts.sum(), 1 / len(COLOURS), atol=0.02)


def test_objects_of_a_scene_lie_in_different_places():
    scenes = draw_scenes(200, seed=0, split="train", num_objects=4)
    cells = np.floor(scenes.x * 2) + 2 * np.floor(scenes.y * 2)
    assert all(len(set(row)) == 4 for row in cells.tolist())


def test_the_first_scenes_stay_what_they_were():
    scenes = draw_scenes(3, seed=0, split="train", num_objects=2)
    assert [sentence(scenes.scene(index)) for index in range(3)] == [
        "a small green plain crescent above a small blue plain triangle",
        "a small orange plain bolt above a small yellow striped square",
        "a large yellow hollow bar above a large blue plain triangle",
    ]


def test_unknown_classes_are_refused():
    with pytest.raises(KnowError, match=r"0 to 35, found 5 scenes .* classes \[36\]"):
        draw_scenes(5, seed=0, split="train", classes=[36])


@pytest.mark.parametrize("wrong", [{"classes": []}, {"num_objects": 0}])
def test_a_scene_of_nothing_is_refused(wrong):
    with pytest.raises(KnowError, match="wanted at least one scene"):
        draw_scenes(5, seed=0, split="train", **wrong)


def test_one_object_is_told_with_its_place():
    assert sentence(Scene((STAR,))) == (
        "a large orange striped star at the top on the left"
    )


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        (0, "a large orange striped star above a small red plain heart"),
        (1, "there is a large orange striped star above a small red plain heart"),
        (2, "a picture of a large orange striped star above a small red plain heart"),
        (3, "a small red plain heart below a large orange striped star"),
        (4, "an orange star above a red heart"),
    ],
)
def test_two_objects_are_told_by_their_relation(variant, said):
    assert sentence(Scene((STAR, HEART)), variant=variant) == said


def test_a_third_object_is_added():
    assert sentence(Scene((STAR, HEART, STAR)), variant=4) == (
        "an orange star above a red heart and an orange star"
    )


def test_every_word_of_a_scene_is_in_its_sentence():
    scene = draw_scenes(1, seed=5, split="train", num_objects=2).scene(0)
    words = sentence(scene).split()
    for thing in scene.objects:
        assert {thing.outline, thing.fill, thing.colour} <= set(words)
        assert thing.outline in OUTLINE_NAMES
