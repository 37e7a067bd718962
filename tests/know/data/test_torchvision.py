import struct
import urllib.error
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from know.data.prepare import prepare
from know.data.settings import DatasetSettings
from know.data.sources.torchvision import SOURCE
from know.errors import KnowError

MNIST = DatasetSettings(source="torchvision", name="mnist")


@pytest.fixture
def mnist_root(tmp_path):
    """A data root with MNIST's four files, of four images a split."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    images = np.arange(4 * 28 * 28, dtype=np.uint8).reshape(4, 28, 28)
    for part in ("train", "t10k"):
        head = struct.pack(">4i", 2051, 4, 28, 28)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        head = struct.pack(">2i", 2049, 4)
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(head + bytes([3, 1, 4, 1]))
    return tmp_path


def test_files_that_are_there_are_read(mnist_root):
    found = prepare("mnist", replace(MNIST, size=14), mnist_root)
    assert found.train_labels.tolist() == [3, 1, 4, 1]
    assert found.test_images.shape == (4, 14, 14, 3)
    assert len(found.class_names) == 10


def test_a_failed_download_says_what_is_missing_and_where(tmp_path, monkeypatch):
    from torchvision import datasets

    def fail(*args, **kwargs):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(datasets, "MNIST", fail)
    with pytest.raises(KnowError, match=r"mnist is not below .* cannot be downloaded"):
        SOURCE.open(MNIST, tmp_path)


def test_an_unknown_name_is_refused():
    settings = DatasetSettings(source="torchvision", name="imagenet")
    (problem,) = SOURCE.check(settings, Path())
    assert problem.startswith("name should be one of ['cifar10', ")
    assert problem.endswith("it is 'imagenet'")


@pytest.mark.parametrize(
    ("name", "train", "test"),
    [
        ("cifar10", 50_000, 10_000),
        ("cifar100", 50_000, 10_000),
        ("mnist", 60_000, 10_000),
        ("fashion_mnist", 60_000, 10_000),
    ],
)
def test_the_check_knows_how_many_images_there_are(name, train, test):
    all_of_them = DatasetSettings(
        source="torchvision", name=name, train=train, test=test
    )
    too_many = DatasetSettings(
        source="torchvision", name=name, train=train + 1, test=test + 1
    )
    assert SOURCE.check(all_of_them, Path()) == []
    assert SOURCE.check(too_many, Path()) == [
        f"train asks for {train + 1} images, there are {train}",
        f"test asks for {test + 1} images, there are {test}",
    ]
