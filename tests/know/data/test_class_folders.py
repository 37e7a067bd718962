"""Sources `image-folder` and `domain-folder`."""

import logging
import os
from dataclasses import replace

import pytest

from know.data.prepare import check_settings, prepare
from know.data.settings import DatasetSettings

FOLDER = DatasetSettings(source="image-folder", path="zoo")
DOMAINS = DatasetSettings(source="domain-folder", path="zoo", held_out="photo")


def problems(settings, root):
    found = check_settings("zoo", settings, root)
    return [line.removeprefix("data set zoo: ") for line in found]


class TestImageFolder:
    @pytest.fixture
    def root(self, draw, tmp_path):
        draw(tmp_path / "zoo" / "train" / "bee", 10, 11, 12)
        draw(tmp_path / "zoo" / "train" / "ant", 20, 21)
        draw(tmp_path / "zoo" / "test" / "bee", 30)
        draw(tmp_path / "zoo" / "test" / "ant", 40)
        return tmp_path

    @pytest.fixture
    def pool(self, draw, tmp_path):
        draw(tmp_path / "zoo" / "bee", 10, 11, 12)
        draw(tmp_path / "zoo" / "ant", 20, 21)
        return tmp_path

    def test_numbers_classes_in_the_order_of_their_names(self, root, shown):
        dataset = prepare("zoo", FOLDER, root)
        assert dataset.class_names == ("ant", "bee")
        assert dataset.train_labels.tolist() == [0, 0, 1, 1, 1]
        assert shown(dataset.train_images) == [20, 21, 10, 11, 12]
        assert shown(dataset.test_images) == [40, 30]

    def test_draws_a_test_split_from_a_tree_without_splits(self, pool, shown):
        dataset = prepare("zoo", replace(FOLDER, test=2), pool)
        images = [*shown(dataset.train_images), *shown(dataset.test_images)]
        assert sorted(images) == [10, 11, 12, 20, 21]
        assert len(dataset.test_labels) == 2

    def test_leaves_out_and_logs_what_is_no_picture(self, pool, caplog):
        (pool / "zoo" / "bee" / "notes.txt").write_text("stings")
        (pool / "zoo" / ".cache").mkdir()
        with caplog.at_level(logging.INFO, "know"):
            dataset = prepare("zoo", replace(FOLDER, test=2), pool)
        assert len(dataset.train_labels) + len(dataset.test_labels) == 5
        assert "bee: 1 entries left out" in caplog.text

    def test_leaves_out_and_logs_other_splits(self, root, draw, caplog):
        draw(root / "zoo" / "val" / "bee", 50)
        with caplog.at_level(logging.INFO, "know"):
            prepare("zoo", FOLDER, root)
        assert "['val'] left out" in caplog.text

    def test_merges_splits_as_the_settings_say(self, root, draw, shown):
        draw(root / "zoo" / "val" / "bee", 50)
        (root / "zoo" / "test").rename(root / "zoo" / "held")
        named = {"train_splits": ["train", "val"], "test_splits": ["held"]}
        dataset = prepare("zoo", replace(FOLDER, **named), root)
        assert shown(dataset.train_images) == [20, 21, 10, 11, 12, 50]
        assert shown(dataset.test_images) == [40, 30]

    def test_names_every_missing_split(self, root):
        settings = replace(FOLDER, train_splits=["val", "more"])
        found = problems(settings, root)
        assert found == [f"{root}/zoo has no folder {name}" for name in ("val", "more")]

    def test_refuses_half_a_split(self, tmp_path, draw):
        draw(tmp_path / "zoo" / "train" / "bee", 10)
        assert problems(FOLDER, tmp_path) == [f"{tmp_path}/zoo has no folder test"]

    def test_names_a_folder_without_classes(self, tmp_path):
        (tmp_path / "zoo").mkdir()
        wanted = f"{tmp_path}/zoo has no {{class}}/{{picture}}"
        assert problems(FOLDER, tmp_path) == [wanted]


class TestDomainFolder:
    @pytest.fixture
    def root(self, draw, tmp_path):
        for number, domain in enumerate(["art", "photo", "sketch"]):
            draw(tmp_path / "zoo" / domain / "bee", 10 * number, 10 * number + 1)
            draw(tmp_path / "zoo" / domain / "ant", 10 * number + 2)
        return tmp_path

    def test_tests_on_the_domain_held_out(self, root, shown):
        dataset = prepare("zoo", DOMAINS, root)
        assert dataset.class_names == ("ant", "bee")
        assert shown(dataset.train_images) == [2, 22, 0, 1, 20, 21]
        assert dataset.train_labels.tolist() == [0, 0, 1, 1, 1, 1]
        assert shown(dataset.test_images) == [12, 10, 11]
        assert dataset.test_labels.tolist() == [0, 1, 1]

    @pytest.mark.parametrize("held_out", [None, "train", ".."])
    def test_names_the_domains_that_there_are(self, root, held_out):
        (problem,) = problems(replace(DOMAINS, held_out=held_out), root)
        assert f"it is {held_out!r}, " in problem
        assert problem.endswith("has ['art', 'photo', 'sketch']")

    def test_wants_two_domains(self, tmp_path, draw):
        draw(tmp_path / "zoo" / "photo" / "bee", 1)
        (problem,) = problems(DOMAINS, tmp_path)
        assert problem.startswith("held_out should be one of at least two domains")

    def test_takes_a_class_that_some_domains_lack(self, root, draw):
        draw(root / "zoo" / "sketch" / "cat", 50)
        assert problems(DOMAINS, root) == []
        assert prepare("zoo", DOMAINS, root).class_names == ("ant", "bee", "cat")


@pytest.mark.parametrize("settings", [FOLDER, DOMAINS], ids=lambda s: s.source)
class TestBoth:
    def test_want_a_folder(self, settings, tmp_path):
        (problem,) = problems(settings, tmp_path)
        assert problem == f"wanted a folder at {tmp_path / 'zoo'}, found none"
        (problem,) = problems(replace(settings, path=None), tmp_path)
        assert problem == f"source {settings.source} needs a `path`, its folder"

    def test_name_classes_without_training_pictures(self, settings, tmp_path, draw):
        is_folder = settings.source == "image-folder"
        train, test = ("train", "test") if is_folder else ("art", "photo")
        draw(tmp_path / "zoo" / train / "ant", 10)
        draw(tmp_path / "zoo" / test / "cat", 50)
        (tmp_path / "zoo" / train / "dog").mkdir()
        found = [line.split(" has ")[0] for line in problems(settings, tmp_path)]
        assert found == ["class 'cat'", "class 'dog'"]


def test_names_that_are_not_utf_8_are_all_told(tmp_path, draw):
    draw(tmp_path / "zoo" / "ant", 1, 2)
    draw(tmp_path / "zoo" / os.fsdecode(b"b\xe4r"), 3, 4)
    found = check_settings("zoo", replace(FOLDER, test=2), tmp_path)
    wanted = "is not UTF-8, rename the file or its folder"
    assert found == [
        f"data set zoo: the name 'b\\udce4r/00{n}.png' {wanted}" for n in (3, 4)
    ]
