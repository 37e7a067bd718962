import zipfile

import numpy as np
import pytest

from know.data.settings import DatasetSettings
from know.data.sources.npz import SOURCE
from know.errors import KnowError

SETTINGS = DatasetSettings(source="npz", path="toys")


def archive(folder, split, **changed):
    folder.mkdir(exist_ok=True)
    arrays = {
        "images": np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4),
        "labels": np.arange(6) % 2,
        "class_names": np.array(["car", "doll"]),
    }
    arrays |= changed
    kept = {key: value for key, value in arrays.items() if value is not None}
    np.savez(folder / f"{split}.npz", **kept)


@pytest.fixture
def root(tmp_path):
    for split in ("train", "test"):
        archive(tmp_path / "toys", split)
    return tmp_path


def test_both_archives_are_read(root):
    raw = SOURCE.open(SETTINGS, root)
    assert raw.class_names == ("car", "doll")
    assert raw.train.labels.tolist() == [0, 1, 0, 1, 0, 1]
    images = raw.test.images(np.array([1]), None)
    np.testing.assert_array_equal(images[0, :, :, 0].ravel(), np.arange(16, 32))
    assert SOURCE.check(SETTINGS, root) == []


def test_compressed_archives_are_read(root):
    with np.load(root / "toys" / "train.npz") as found:
        arrays = dict(found)
    np.savez_compressed(root / "toys" / "train.npz", **arrays)
    images = SOURCE.open(SETTINGS, root).train.images(np.arange(6), None)
    assert images.shape == (6, 4, 4, 3)


def test_both_missing_archives_are_named(tmp_path):
    (tmp_path / "toys").mkdir()
    problems = SOURCE.check(SETTINGS, tmp_path)
    assert ["train.npz" in problems[0], "test.npz" in problems[1]] == [True, True]
    assert len(problems) == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"labels": None}, r"should hold images and labels, holds \['class_names'"),
        ({"images": np.zeros((6, 4, 4))}, "are float64 of shape"),
        ({"images": np.zeros((6, 4, 4, 2), np.uint8)}, r"of shape \(6, 4, 4, 2\)"),
        ({"labels": np.zeros(5, int)}, r"shape \(6,\), are int64 of shape \(5,\)"),
        ({"labels": np.zeros(6)}, "labels should be whole numbers"),
        ({"labels": np.full(6, 2)}, "labels should be 0 to 1, are 2 to 2"),
        ({"labels": np.full(6, -1)}, "labels should be 0 to 1, are -1 to -1"),
        (
            {"labels": np.full(6, 4_000_000_000), "class_names": None},
            "labels should be 0 to 99999, are 4000000000 to 4000000000",
        ),
        ({"class_names": np.array([1, 2])}, "class_names should be text"),
        ({"class_names": np.array(["a", None])}, "class_names should be text"),
        (
            {"images": np.zeros((0, 4, 4), np.uint8), "labels": np.zeros(0, int)},
            "are none",
        ),
    ],
)
def test_what_is_wrong_with_an_archive_is_said(root, changed, said):
    archive(root / "toys", "train", **changed)
    with pytest.raises(KnowError, match=said):
        SOURCE.open(SETTINGS, root)


def test_an_array_larger_than_its_bytes_is_refused(root):
    path = root / "toys" / "train.npz"
    facts = {"descr": "|u1", "fortran_order": False, "shape": (6, 4, 4_000_000_000)}
    with zipfile.ZipFile(path, "w") as archive, archive.open("images.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, facts)
    with pytest.raises(KnowError, match=r"train\.npz.*shape \(6, 4, 4000000000\)"):
        SOURCE.open(SETTINGS, root)


def test_differing_class_names_are_refused(root):
    archive(root / "toys", "test", class_names=np.array(["doll", "car"]))
    with pytest.raises(KnowError, match="differ in their class_names"):
        SOURCE.open(SETTINGS, root)
