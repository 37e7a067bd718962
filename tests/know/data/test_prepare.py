import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import know
from know.data.prepare import check_settings, prepare
from know.data.settings import SOURCE_SETTINGS, DatasetSettings
from know.data.sources import SOURCES

SETTINGS = DatasetSettings(source="npz", path="toys", seed=3)


@pytest.fixture
def root(tmp_path):
    """An npz set whose pixels are the image's number, five classes in turn."""
    folder = tmp_path / "toys"
    folder.mkdir()
    for split, count in (("train", 100), ("test", 50)):
        number = np.arange(count, dtype=np.uint8)
        np.savez(
            folder / f"{split}.npz",
            images=np.tile(number[:, None, None], (1, 4, 4)),
            labels=np.arange(count) % 5,
            class_names=np.array(list("abcde")),
        )
    return tmp_path


def numbers(images):
    return images[:, 0, 0, 0].tolist()


def test_without_a_choice_everything_is_taken_in_its_order(root):
    dataset = prepare("toys", SETTINGS, root)
    assert numbers(dataset.train_images) == list(range(100))
    assert numbers(dataset.test_images) == list(range(50))
    assert dataset.train_images.shape == (100, 4, 4, 3)
    assert dataset.class_names == tuple("abcde")
    assert dataset.settings["path"] == "toys"


def test_chosen_classes_are_relabelled_from_zero_in_the_order_given(root):
    dataset = prepare("toys", replace(SETTINGS, classes=[3, 1]), root)
    assert dataset.class_names == ("d", "b")
    expected = [[3, 1].index(number % 5) for number in numbers(dataset.train_images)]
    assert dataset.train_labels.tolist() == expected
    assert dataset.train_labels.dtype == np.int64


def test_a_subset_is_balanced(root):
    dataset = prepare("toys", replace(SETTINGS, train=25, test=10), root)
    assert np.bincount(dataset.train_labels).tolist() == [5] * 5
    assert np.bincount(dataset.test_labels).tolist() == [2] * 5


@pytest.mark.parametrize("larger", [60, 100])
def test_a_small_subset_is_a_prefix_of_a_larger_one(root, larger):
    small = prepare("toys", replace(SETTINGS, train=25), root)
    large = prepare("toys", replace(SETTINGS, train=larger), root)
    assert numbers(large.train_images)[:25] == numbers(small.train_images)


def test_an_unknown_source_is_a_problem():
    (problem,) = check_settings("x", DatasetSettings(source="webcam"), Path())
    assert problem.startswith("data set x: source: wanted a data source, one of capt")
    assert problem.endswith("got 'webcam'")


def test_a_source_of_ones_own_is_one_file(tmp_path, monkeypatch):
    own = """
    import numpy as np
    from know.data.raw import RawDataset, RawSplit, Source

    HEEDS = ("style",)

    def open_grey(settings, data_root):
        def read(indices, size):
            return np.full((len(indices), *size, 3), 127, np.uint8)

        split = RawSplit(np.array([0, 1]), read)
        return RawDataset(split, split, ("light", "dark"))

    SOURCE = Source(open_grey)
    """
    (tmp_path / "greys.py").write_text(textwrap.dedent(own))
    monkeypatch.syspath_prepend(tmp_path)
    settings = DatasetSettings(source="greys:SOURCE", size=2, style="art")
    dataset = prepare("x", settings, tmp_path)
    assert dataset.train_images.shape == (2, 2, 2, 3)
    assert (dataset.train_images == 127).all()
    (problem,) = check_settings("x", replace(settings, crop=True), tmp_path)
    assert problem == "data set x: crop means nothing to source greys:SOURCE"


def test_a_pool_is_split_the_same_whatever_the_training_number(tmp_path):
    pool = DatasetSettings(source="digits", test=100)
    small = prepare("digits", replace(pool, train=50), tmp_path)
    large = prepare("digits", replace(pool, train=1000), tmp_path)
    assert small.digests["test"] == large.digests["test"]
    np.testing.assert_array_equal(large.train_images[:50], small.train_images)


TARGETS = {name: SOURCES.facts(name).get("TARGETS", ("classes",)) for name in SOURCES}


@pytest.mark.parametrize(
    ("source", "target"),
    [(name, target) for name in SOURCES for target in TARGETS[name]],
)
class TestEverySource:
    @pytest.fixture
    def settings(self, source, target):
        captions = {"captions": 2, "length": 9} if target == "captions" else {}
        return DatasetSettings(source=source, target=target, **captions)

    def test_an_empty_data_root_never_raises(self, settings, tmp_path):
        asked = replace(settings, path="a", name="b", classes=[999])
        assert check_settings("x", asked, tmp_path)

    def test_another_target_is_a_problem(self, settings, tmp_path):
        for target in {"classes", "masks"} - set(TARGETS[settings.source]):
            asked = DatasetSettings(source=settings.source, target=target)
            (problem,) = check_settings("x", asked, tmp_path)
            assert problem.endswith(f"target asks for {target}")

    def test_what_means_nothing_to_it_is_a_problem(self, settings, tmp_path):
        given = {
            "train_splits": ["a"],
            "test_splits": ["b"],
            "held_out": "art",
            "style": "art",
            "grain": "fine",
            "objects": 2,
            "ignore": 255,
            "crop": False,
        }
        assert set(given) == set(SOURCE_SETTINGS)
        unheeded = set(given) - set(SOURCES.facts(settings.source).get("HEEDS", ()))
        problems = check_settings("x", replace(settings, **given), tmp_path)
        assert {line.split(": ")[1].split()[0] for line in problems} == unheeded


def test_the_check_imports_neither_torch_nor_scikit_learn():
    code = (
        "import sys; from pathlib import Path; from know.data.prepare import *\n"
        "for source in ('digits', 'torchvision', 'shapes'):\n"
        "    settings = DatasetSettings(source=source, name='mnist', train=9, test=9)\n"
        "    assert not check_settings('x', settings, Path()), source\n"
        "assert not {'torch', 'sklearn', 'PIL'} & set(sys.modules)\n"
    )
    folder = Path(know.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
