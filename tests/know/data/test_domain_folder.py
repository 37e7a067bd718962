from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from know.data.prepare import prepare
from know.data.settings import DatasetSettings
from know.data.sources.domain_folder import SOURCE

SETTINGS = DatasetSettings(source="domain-folder", path="zoo", held_out="photo")


def pictures(folder, *values):
    folder.mkdir(parents=True)
    for value in values:
        array = np.full((2, 2, 3), value, dtype=np.uint8)
        Image.fromarray(array).save(folder / f"{value:03d}.png")


@pytest.fixture
def root(tmp_path):
    for number, domain in enumerate(["art", "photo", "sketch"]):
        pictures(tmp_path / "zoo" / domain / "bee", 10 * number, 10 * number + 1)
        pictures(tmp_path / "zoo" / domain / "ant", 10 * number + 2)
    return tmp_path


def test_the_domain_held_out_is_for_testing(root):
    dataset = prepare("zoo", SETTINGS, root)
    assert dataset.class_names == ("ant", "bee")
    assert dataset.train_images[:, 0, 0, 0].tolist() == [2, 22, 0, 1, 20, 21]
    assert dataset.train_labels.tolist() == [0, 0, 1, 1, 1, 1]
    assert dataset.test_images[:, 0, 0, 0].tolist() == [12, 10, 11]
    assert dataset.test_labels.tolist() == [0, 1, 1]


@pytest.mark.parametrize("held_out", [None, "train", ".."])
def test_a_domain_that_is_not_there_is_said(root, held_out):
    (problem,) = SOURCE.check(replace(SETTINGS, held_out=held_out), root)
    assert f"it is {held_out!r}, " in problem
    assert problem.endswith("has ['art', 'photo', 'sketch']")


def test_a_single_domain_is_not_enough(tmp_path):
    pictures(tmp_path / "zoo" / "photo" / "bee", 1)
    (problem,) = SOURCE.check(SETTINGS, tmp_path)
    assert problem.startswith("held_out should be one of two domains or more")


def test_every_class_without_training_pictures_is_named(root):
    pictures(root / "zoo" / "photo" / "cat", 50)
    (root / "zoo" / "art" / "dog").mkdir()
    problems = SOURCE.check(SETTINGS, root)
    assert [line.split(" has ")[0] for line in problems] == [
        "class 'cat'",
        "class 'dog'",
    ]


def test_a_class_may_be_missing_from_some_domains(root):
    pictures(root / "zoo" / "sketch" / "cat", 50)
    raw = SOURCE.open(SETTINGS, root)
    assert raw.class_names == ("ant", "bee", "cat")
    assert SOURCE.check(SETTINGS, root) == []


def test_a_missing_folder_is_named(tmp_path):
    (problem,) = SOURCE.check(SETTINGS, tmp_path)
    assert problem == f"wanted a folder of domains, found none at {tmp_path / 'zoo'}"
