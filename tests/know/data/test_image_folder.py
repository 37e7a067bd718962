import logging
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from know.data.settings import DatasetSettings
from know.data.sources.image_folder import SOURCE
from know.errors import KnowError

SETTINGS = DatasetSettings(source="image-folder", path="zoo")


def pictures(folder, *values):
    folder.mkdir(parents=True)
    for value in values:
        array = np.full((2, 2, 3), value, dtype=np.uint8)
        Image.fromarray(array).save(folder / f"{value:03d}.png")


@pytest.fixture
def split_root(tmp_path):
    pictures(tmp_path / "zoo" / "train" / "bee", 10, 11, 12)
    pictures(tmp_path / "zoo" / "train" / "ant", 20, 21)
    pictures(tmp_path / "zoo" / "test" / "bee", 30)
    pictures(tmp_path / "zoo" / "test" / "ant", 40)
    return tmp_path


@pytest.fixture
def pool_root(tmp_path):
    pictures(tmp_path / "zoo" / "bee", 10, 11, 12)
    pictures(tmp_path / "zoo" / "ant", 20, 21)
    return tmp_path


def test_classes_are_numbered_in_the_order_of_their_names(split_root):
    raw = SOURCE.open(SETTINGS, split_root)
    assert raw.class_names == ("ant", "bee")
    assert raw.train.labels.tolist() == [0, 0, 1, 1, 1]
    images = raw.train.read(np.arange(5), None)
    assert images[:, 0, 0, 0].tolist() == [20, 21, 10, 11, 12]
    assert raw.test.read(np.arange(2), None)[:, 0, 0, 0].tolist() == [40, 30]
    assert SOURCE.check(SETTINGS, split_root) == []


def test_a_tree_without_splits_is_one_pool(pool_root):
    raw = SOURCE.open(SETTINGS, pool_root)
    assert raw.test is None
    assert raw.train.labels.tolist() == [0, 0, 1, 1, 1]


def test_what_is_no_picture_is_left_out_and_logged(pool_root, caplog):
    (pool_root / "zoo" / "bee" / "notes.txt").write_text("stings")
    (pool_root / "zoo" / ".cache").mkdir()
    with caplog.at_level(logging.INFO, "know"):
        raw = SOURCE.open(SETTINGS, pool_root)
    assert len(raw.train.labels) == 5
    assert "bee: 1 entries left out" in caplog.text


def test_another_split_is_left_out_and_logged(split_root, caplog):
    pictures(split_root / "zoo" / "val" / "bee", 50)
    with caplog.at_level(logging.INFO, "know"):
        SOURCE.open(SETTINGS, split_root)
    assert "['val'] left out" in caplog.text


def test_a_missing_folder_is_named(tmp_path):
    (problem,) = SOURCE.check(SETTINGS, tmp_path)
    assert problem == f"wanted a folder of classes, found none at {tmp_path / 'zoo'}"


def test_a_missing_path_is_asked_for(tmp_path):
    with pytest.raises(KnowError, match="path should name the folder"):
        SOURCE.open(DatasetSettings(source="image-folder"), tmp_path)


def test_half_a_split_is_refused(tmp_path):
    pictures(tmp_path / "zoo" / "train" / "bee", 10)
    (problem,) = SOURCE.check(SETTINGS, tmp_path)
    assert problem.endswith("zoo has no folder test")


def test_splits_are_merged_as_the_settings_say(split_root):
    pictures(split_root / "zoo" / "val" / "bee", 50)
    settings = replace(SETTINGS, train_splits=["train", "val"])
    raw = SOURCE.open(settings, split_root)
    images = raw.train.read(np.arange(6), None)
    assert images[:, 0, 0, 0].tolist() == [20, 21, 10, 11, 12, 50]
    assert len(raw.test.labels) == 2


def test_a_split_of_another_name_is_the_test_split(split_root, caplog):
    (split_root / "zoo" / "test").rename(split_root / "zoo" / "held")
    settings = replace(SETTINGS, test_splits=["held"])
    assert SOURCE.open(settings, split_root).test.labels.tolist() == [0, 1]


def test_every_missing_split_is_named(split_root):
    settings = replace(SETTINGS, train_splits=["val", "more"], test_splits=["test"])
    problems = SOURCE.check(settings, split_root)
    assert [problem.split(" has ")[1] for problem in problems] == [
        "no folder val",
        "no folder more",
    ]


def test_a_class_without_training_pictures_is_named(split_root):
    pictures(split_root / "zoo" / "test" / "cat", 50)
    (split_root / "zoo" / "train" / "dog").mkdir()
    problems = SOURCE.check(SETTINGS, split_root)
    assert [line.split(" has ")[0] for line in problems] == [
        "class 'cat'",
        "class 'dog'",
    ]


def test_a_folder_without_classes_is_named(tmp_path):
    (tmp_path / "zoo").mkdir()
    (problem,) = SOURCE.check(SETTINGS, tmp_path)
    assert problem.endswith("zoo has no {class}/{picture}")
