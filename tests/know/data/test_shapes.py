from pathlib import Path

import numpy as np
import pytest

from know.data.arrays import END, IGNORE, SPECIAL_WORDS
from know.data.drawing.rendering import STYLES
from know.data.drawing.scenes import draw_scenes
from know.data.drawing.sentences import NUM_WORDINGS, sentence
from know.data.prepare import check_settings, prepare
from know.data.settings import DatasetSettings

NOWHERE = Path("nowhere")


def shapes(**changed):
    return DatasetSettings(
        source="shapes", **{"size": 16, "train": 300, "test": 20, **changed}
    )


def test_there_are_as_many_as_asked_for_of_the_classes_asked_for():
    dataset = prepare("s", shapes(classes={"first": 24, "count": 12}), NOWHERE)
    assert dataset.train_images.shape == (300, 16, 16, 3)
    assert dataset.test_images.shape == (20, 16, 16, 3)
    assert len(dataset.class_names) == 12
    assert dataset.class_names[0] == "plain crescent"
    assert set(dataset.train_labels.tolist()) == set(range(12))


@pytest.mark.parametrize("changed", [{}, {"target": "masks", "objects": 3}])
def test_a_smaller_set_is_a_prefix_of_a_larger_one(changed):
    small = prepare("s", shapes(**changed), NOWHERE)
    large = prepare("s", shapes(train=600, **changed), NOWHERE)
    np.testing.assert_array_equal(large.train_images[:300], small.train_images)
    np.testing.assert_array_equal(large.train_labels[:300], small.train_labels)
    assert large.digests["test"] == small.digests["test"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"train": None}, "train should say how many shapes to draw"),
        ({"test": None}, "test should say how many shapes to draw"),
        ({"size": [16, 8]}, "shapes are square, size asks for 16 x 8"),
        ({"classes": {"first": 35, "count": 2}}, "classes asks for [36]"),
        ({"grain": "fine", "classes": [39, 40]}, "classes asks for [40]"),
        ({"held_out": "photos"}, "held_out should be one of ['art', "),
        ({"held_out": "art", "style": "art"}, "style and held_out exclude each other"),
        ({"objects": 2}, "objects is for masks and captions"),
        (
            {"target": "captions", "captions": 6, "length": 20},
            "captions asks for 6 wordings, there are 5",
        ),
    ],
)
def test_what_cannot_be_drawn_is_said_beforehand(changed, said):
    (problem,) = check_settings("s", shapes(**changed), NOWHERE)
    assert said in problem


def test_a_style_draws_the_same_scenes():
    photo, sketch = (
        prepare("s", shapes(style=s), NOWHERE) for s in ("photo", "sketch")
    )
    assert prepare("s", shapes(), NOWHERE).digests == photo.digests
    np.testing.assert_array_equal(photo.train_labels, sketch.train_labels)
    assert np.ptp(sketch.train_images.astype(int), axis=3).max() <= 1
    assert (photo.train_images != sketch.train_images).any()


def test_the_held_out_style_is_for_testing_and_the_others_take_turns():
    dataset = prepare("s", shapes(held_out="cartoon"), NOWHERE)
    own = {s: prepare("s", shapes(style=s), NOWHERE) for s in STYLES}
    np.testing.assert_array_equal(dataset.test_images, own["cartoon"].test_images)
    for turn, style in enumerate(["art", "photo", "sketch"]):
        np.testing.assert_array_equal(
            dataset.train_images[turn::3], own[style].train_images[turn::3]
        )
    np.testing.assert_array_equal(dataset.train_labels, own["art"].train_labels)


def test_masks_mark_the_classes_kept_over_a_background():
    settings = shapes(target="masks", classes=[0, 12, 3], objects=3, train=60)
    dataset = prepare("s", settings, NOWHERE)
    assert dataset.target == "masks"
    assert dataset.class_names == (
        "background",
        "plain circle",
        "plain cross",
        "plain square",
    )
    assert dataset.train_labels.shape == (60, 16, 16)
    assert dataset.train_labels.dtype == np.uint8
    assert set(np.unique(dataset.train_labels)) == {0, 1, 2, 3, IGNORE}


def test_captions_tell_what_the_scene_holds():
    settings = shapes(target="captions", captions=3, length=24, objects=3, train=50)
    dataset = prepare("s", settings, NOWHERE)
    assert dataset.train_labels.shape == (50, 3, 24)
    assert dataset.class_names[:4] == SPECIAL_WORDS
    scenes = draw_scenes(50, seed=0, split="train", num_objects=3)
    known = {sentence(scenes.objects(7), variant=v) for v in range(NUM_WORDINGS)}
    told = [
        " ".join(dataset.class_names[t] for t in tokens if t > END)
        for tokens in dataset.train_labels[7]
    ]
    assert set(told) <= known
    assert len(set(told)) == 3
