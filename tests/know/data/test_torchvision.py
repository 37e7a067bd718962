import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torchvision import datasets

from know.data.fetched import check_fetched, fetch_dataset
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


def test_a_job_says_what_is_missing_and_downloads_nothing(tmp_path):
    with pytest.raises(KnowError, match="mnist is not whole below"):
        SOURCE.open(MNIST, tmp_path)
    assert list(tmp_path.iterdir()) == []


class TestTheFetch:
    @pytest.fixture
    def record(self, tmp_path):
        return tmp_path / "results" / "mnist.json"

    def test_says_why_it_failed(self, tmp_path, record, monkeypatch):
        monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
        with pytest.raises(KnowError, match=r"mnist .*below .* cannot be downloaded"):
            fetch_dataset(MNIST, tmp_path / "data", record)
        assert not record.exists()

    def test_leaves_files_that_are_there_and_notices_if_they_change(
        self, mnist_root, record, monkeypatch
    ):
        monkeypatch.setattr(datasets.MNIST, "mirrors", [])
        fetch_dataset(MNIST, mnist_root, record)
        check_fetched([str(record)], mnist_root)
        raw = mnist_root / "MNIST" / "raw"
        (raw / "t10k-labels-idx1-ubyte").write_bytes(bytes(12))
        (raw / "train-images-idx3-ubyte").unlink()
        with pytest.raises(KnowError) as refused:
            check_fetched([str(record)], mnist_root)
        assert str(refused.value) == (
            f"wanted the files that were fetched; delete {record} to fetch anew:\n"
            f"  - {raw}/t10k-labels-idx1-ubyte has changed\n"
            f"  - {raw}/train-images-idx3-ubyte is missing"
        )


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
