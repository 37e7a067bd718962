import hashlib
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from know.checksum import checksummed_metadata, verified_metadata, write_checksummed
from know.data.arrays import (
    LABEL_DTYPES,
    SPECIAL_WORDS,
    image_dataset,
    read_dataset,
    write_dataset,
)
from know.errors import KnowError


@pytest.fixture
def dataset():
    rng = np.random.default_rng(0)
    splits = [
        (
            rng.integers(256, size=(n, 5, 4, 3), dtype=np.uint8),
            rng.integers(2, size=n, dtype=np.int64),
        )
        for n in (7, 3)
    ]
    return image_dataset(
        "tiny",
        train=splits[0],
        test=splits[1],
        class_names=("cat", "čáp"),
        settings={"source": "npz", "size": [5, 4]},
    )


@pytest.fixture
def path(tmp_path, dataset):
    path = tmp_path / "data" / "tiny.safetensors"
    write_dataset(path, dataset)
    return path


def test_the_file_is_the_same_each_time_it_is_written(path, dataset, tmp_path):
    write_dataset(tmp_path / "again.safetensors", dataset)
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_a_digest_covers_images_then_labels(dataset):
    content = dataset.test_images.tobytes() + dataset.test_labels.tobytes()
    assert dataset.digests["test"] == hashlib.sha256(content).hexdigest()


MAPS = Path("/proc/self/maps")


@pytest.mark.skipif(not MAPS.is_file(), reason=f"needs {MAPS}")
def test_the_arrays_read_are_memory_maps(path):
    dataset = read_dataset(path)
    address = dataset.train_images.ctypes.data
    mapped = [line for line in MAPS.read_text().splitlines() if str(path) in line]
    limits = [[int(end, 16) for end in line.split()[0].split("-")] for line in mapped]
    assert any(start <= address < stop for start, stop in limits)


def test_writing_into_a_read_array_leaves_the_file_alone(path):
    read_dataset(path).train_images[:] = 0
    assert read_dataset(path).train_images.any()


LABEL_SHAPES = {
    "classes": (3,),
    "masks": (3, 5, 4),
    "captions": (3, 2, 6),
    "text": (3, 5, 4),
}


@pytest.mark.parametrize("target", sorted(LABEL_DTYPES))
def test_every_target_survives_its_file(target, tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(3, 5, 4, 3), dtype=np.uint8)
    labels = rng.integers(256, size=LABEL_SHAPES[target]).astype(LABEL_DTYPES[target])
    dataset = image_dataset(
        "tiny",
        train=(images, labels),
        test=(images, labels[::-1]),
        class_names=SPECIAL_WORDS,
        settings={"size": [5, 4]},
        target=target,
    )
    write_dataset(tmp_path / "tiny.safetensors", dataset)
    found = read_dataset(tmp_path / "tiny.safetensors")
    assert (found.name, found.target) == ("tiny", target)
    assert (found.class_names, found.settings) == (SPECIAL_WORDS, {"size": [5, 4]})
    np.testing.assert_array_equal(found.test_images, images)
    assert found.train_labels.dtype == LABEL_DTYPES[target]
    np.testing.assert_array_equal(found.train_labels, labels)
    np.testing.assert_array_equal(found.test_labels, labels[::-1])
    assert found.digests == dataset.digests


@pytest.mark.parametrize("target", ["masks", "boxes"])
def test_labels_of_another_type_than_the_target_s_are_refused(path, target):
    metadata = verified_metadata(path) | {"target": target}
    arrays = safetensors.numpy.load_file(path)
    serialised = safetensors.numpy.save(arrays, metadata=checksummed_metadata(metadata))
    write_checksummed(path, serialised)
    with pytest.raises(KnowError, match=f"found format 1 .* labels '{target}'"):
        read_dataset(path)


def test_another_checksummed_file_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    arrays = {"conv.weight": np.zeros(3, np.float32)}
    write_checksummed(
        path, safetensors.numpy.save(arrays, metadata=checksummed_metadata({}))
    )
    with pytest.raises(KnowError, match=r"found format None with .*conv\.weight"):
        read_dataset(path)
