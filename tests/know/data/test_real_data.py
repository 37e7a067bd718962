import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from know.data.arrays import END, IGNORE, PAD, START, UNKNOWN
from know.data.prepare import prepare
from know.data.settings import DatasetSettings

UNPACK = Path(__file__).parents[4] / "shared" / "data" / "unpack.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not UNPACK.is_file(), reason=f"no packed data sets at {UNPACK}"),
]


@pytest.fixture
def unpacked(tmp_path):
    """A maker of the data set of a name from its settings, unpacked beforehand."""

    def make(name, source, **settings):
        command = [sys.executable, UNPACK, tmp_path, name]
        subprocess.run(command, check=True, capture_output=True)
        chosen = DatasetSettings(source=source, path=name, **settings)
        return prepare(name, chosen, tmp_path)

    return make


def test_cifar10_is_prepared_from_its_archives(unpacked):
    dataset = unpacked("cifar10", "npz", size=16, classes=[0, 8], train=1000, test=200)
    assert dataset.class_names == ("airplane", "ship")
    assert dataset.train_images.shape == (1000, 16, 16, 3)
    assert np.bincount(dataset.train_labels).tolist() == [500, 500]
    assert np.bincount(dataset.test_labels).tolist() == [100, 100]


def test_flowers_are_trained_on_two_official_splits(unpacked):
    splits = {"train_splits": ["train", "val"], "test_splits": ["test"]}
    dataset = unpacked(
        "flowers102", "image-folder", size=16, train=408, test=612, **splits
    )
    assert len(dataset.class_names) == 102
    assert np.bincount(dataset.train_labels).tolist() == [4] * 102
    assert len(dataset.test_labels) == 612


def test_a_domain_of_pacs_is_held_out(unpacked):
    dataset = unpacked("pacs", "domain-folder", size=16, held_out="photo", train=300)
    assert dataset.class_names == (
        *("dog", "elephant", "giraffe", "guitar", "horse", "house", "person"),
    )
    assert len(dataset.train_labels) == 300
    assert len(dataset.test_labels) == 1670


def test_flickr8k_is_told_in_tokens(unpacked):
    dataset = unpacked(
        "flickr8k",
        "captions-csv",
        target="captions",
        test_splits=["heldout"],
        size=16,
        train=300,
        test=100,
        captions=5,
        length=25,
        vocabulary=500,
    )
    assert dataset.train_labels.shape == (300, 5, 25)
    assert len(dataset.class_names) == 500
    assert dataset.class_names[4] == "a"
    assert (dataset.train_labels[..., 0] == START).all()
    assert ((dataset.train_labels == END).sum(2) == 1).all()
    is_word = dataset.test_labels > PAD
    assert 0 < (dataset.test_labels == UNKNOWN).sum() < 0.2 * is_word.sum()


def test_camvid_has_a_class_a_pixel(unpacked):
    dataset = unpacked(
        "camvid",
        "mask-folder",
        target="masks",
        train_splits=["train", "val"],
        size=32,
        train=100,
        test=50,
        ignore=11,
    )
    assert len(dataset.class_names) == 11
    assert dataset.class_names[3] == "Road"
    assert dataset.train_labels.shape == (100, 32, 32)
    assert set(np.unique(dataset.train_labels)) == {*range(11), IGNORE}
    # The road lies in the lower half.
    is_road = (dataset.train_labels == 3).mean((0, 2))
    assert is_road[16:].mean() > 5 * is_road[:16].mean()
