import io
import shutil
import tarfile
from dataclasses import replace

import numpy as np
import pytest
import webdataset
from PIL import Image

from know.data.arrays import read_dataset, write_dataset
from know.data.picture_list import PictureList
from know.data.prepare import prepare
from know.data.root import DATA_ROOT
from know.data.settings import DatasetSettings
from know.data.sources.image_stream import SOURCE
from know.errors import KnowError

SETTINGS = DatasetSettings(source="image-stream", path="zoo", size=6, seed=1)
NAMES = ("ant", "bee", "cow")


def picture(split, label, number):
    """A JPEG of noise, of its own size."""
    rng = np.random.default_rng([len(split), label, number])
    shape = (8 + number, 12 - label, 3)
    stream = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(stream, "JPEG")
    return stream.getvalue()


SAMPLES = [
    (split, label, number)
    for split, count in (("train", 5), ("test", 2))
    for label in range(3)
    for number in range(count)
]


@pytest.fixture
def tree(tmp_path):
    """Pictures in folders of their classes."""
    for split, label, number in SAMPLES:
        folder = tmp_path / "tree" / "zoo" / split / NAMES[label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.jpg").write_bytes(picture(split, label, number))
    return tmp_path / "tree"


@pytest.fixture
def shards(tmp_path):
    """The same pictures in shards of four, written by webdataset."""
    for split in ("train", "test"):
        folder = tmp_path / "shards" / "zoo" / split
        folder.mkdir(parents=True)
        pattern = str(folder / "%03d.tar")
        with webdataset.ShardWriter(pattern, maxcount=4, verbose=0) as writer:
            for _, label, number in (s for s in SAMPLES if s[0] == split):
                content = picture(split, label, number)
                key = f"{NAMES[label]}/{number}"
                writer.write({"__key__": key, "jpg": content, "cls": label, "txt": "x"})
    return tmp_path / "shards"


def pixels(images):
    return np.stack([images.picture(number) for number in range(len(images))])


@pytest.fixture
def held(tree):
    """The same pictures as arrays."""
    return prepare("zoo", replace(SETTINGS, source="image-folder"), tree)


@pytest.mark.parametrize("form", ["tree", "shards"])
@pytest.mark.parametrize("threads", [1, 3])
def test_lists_the_pictures_that_arrays_would_hold(form, threads, held, request):
    root = request.getfixturevalue(form)
    dataset = prepare("zoo", SETTINGS, root, threads=threads)
    assert isinstance(dataset.train_images, PictureList)
    assert dataset.train_images.shape == held.train_images.shape == (15, 6, 6, 3)
    for split in ("train", "test"):
        found = getattr(dataset, f"{split}_images")
        wanted = getattr(held, f"{split}_images")
        np.testing.assert_array_equal(pixels(found), wanted)
        labels = getattr(dataset, f"{split}_labels")
        np.testing.assert_array_equal(labels, getattr(held, f"{split}_labels"))
        np.testing.assert_allclose(found.mean_HWC, wanted.mean(0) / 255, rtol=1e-6)
    assert dataset.class_names == (NAMES if form == "tree" else ("0", "1", "2"))


@pytest.mark.parametrize("form", ["tree", "shards"])
def test_a_list_survives_its_file_and_a_move_of_its_pictures(
    form, request, tmp_path, monkeypatch
):
    root = request.getfixturevalue(form)
    dataset = prepare("zoo", SETTINGS, root)
    write_dataset(tmp_path / "zoo.safetensors", dataset)
    content = (tmp_path / "zoo.safetensors").read_bytes()
    assert str(tmp_path).encode() not in content
    moved = shutil.copytree(root, tmp_path / "moved")
    (moved / "zoo/test").rename(moved / "zoo/kept")
    monkeypatch.setenv(DATA_ROOT, str(moved))
    found = read_dataset(tmp_path / "zoo.safetensors")
    with pytest.raises(KnowError, match="moved/zoo/test"):
        found.test_images.picture(0)
    (moved / "zoo/kept").rename(moved / "zoo/test")
    assert found.digests == dataset.digests
    assert found.train_images.digest() == dataset.train_images.digest()
    np.testing.assert_array_equal(
        pixels(found.test_images), pixels(dataset.test_images)
    )
    assert found.train_labels.tolist() == dataset.train_labels.tolist()


def test_pictures_are_chosen_and_cropped_as_for_arrays(tree):
    choice = replace(SETTINGS, train=5, test=2, classes=[2, 0], crop=True)
    streamed = prepare("zoo", choice, tree)
    held = prepare("zoo", replace(choice, source="image-folder"), tree)
    np.testing.assert_array_equal(pixels(streamed.train_images), held.train_images)
    np.testing.assert_array_equal(pixels(streamed.test_images), held.test_images)
    assert streamed.train_labels.tolist() == held.train_labels.tolist()
    assert streamed.class_names == ("cow", "ant")


def test_the_digest_follows_every_byte_of_a_picture_and_not_the_folder(tree):
    first = prepare("zoo", SETTINGS, tree)
    moved = shutil.copytree(tree, tree.with_name("moved"))
    assert prepare("zoo", SETTINGS, moved).digests == first.digests
    path = moved / "zoo" / "train" / "bee" / "2.jpg"
    path.write_bytes(path.read_bytes() + b"\0")
    other = prepare("zoo", SETTINGS, moved)
    assert other.digests["train"] != first.digests["train"]
    assert other.digests["test"] == first.digests["test"]


class TestDamage:
    def test_every_picture_that_cannot_be_decoded_is_named(self, tree):
        folder = tree / "zoo"
        (folder / "train" / "bee" / "2.jpg").write_bytes(b"no picture")
        content = (folder / "test" / "cow" / "1.jpg").read_bytes()
        (folder / "test" / "cow" / "1.jpg").write_bytes(content[:200])
        with pytest.raises(KnowError, match="these pictures cannot be read") as caught:
            prepare("zoo", SETTINGS, tree, threads=2)
        lines = str(caught.value).splitlines()[1:]
        assert [line.split(": ")[0].removeprefix("  - ") for line in lines] == [
            str(folder / "train" / "bee" / "2.jpg"),
            str(folder / "test" / "cow" / "1.jpg"),
        ]

    @pytest.mark.parametrize("change", ["another", "shorter", "missing"])
    def test_a_picture_that_changed_later_is_refused(self, tree, change):
        images = prepare("zoo", SETTINGS, tree).train_images
        path = tree / "zoo" / "train" / "ant" / "1.jpg"
        if change == "missing":
            path.unlink()
        elif change == "shorter":
            path.write_bytes(path.read_bytes()[:-1])
        else:
            path.write_bytes(picture("train", 1, 1))
        images.picture(0)
        wanted = {
            "another": "the file has changed since its data set was prepared",
            "shorter": r"wanted \d+ bytes, found \d+",
            "missing": "No such file",
        }
        with pytest.raises(KnowError, match=rf"ant/1\.jpg: .*{wanted[change]}"):
            images.picture(1)

    def test_shards_that_cannot_be_used_are_named(self, shards):
        folder = shards / "zoo" / "train"
        (folder / "000.tar").write_bytes(b"no archive")
        one = "wanted one, and a number below 100000"
        with tarfile.open(folder / "900.tar", "w") as archive:
            for name in ("a.jpg", "a.png", "a.cls", "b.jpg", "c.jpg", "c.cls"):
                content = b"100000" if name == "c.cls" else b"1"
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        with pytest.raises(KnowError, match="the shards cannot be used") as caught:
            prepare("zoo", SETTINGS, shards)
        assert str(caught.value).splitlines()[1:] == [
            f"  - {folder}/000.tar: truncated header",
            f"  - {folder}/900.tar: sample 'a' has 2 pictures and the class '1', {one}",
            f"  - {folder}/900.tar: sample 'b' has 1 pictures and the class '', {one}",
            f"  - {folder}/900.tar: sample 'c' has 1 pictures and the class '100000', "
            + one,
        ]

    @pytest.mark.parametrize(
        ("change", "wanted"),
        [
            (lambda content: content + content, "more content behind the end"),
            # A name in a later header, whose checksum is then wrong.
            (
                lambda content: content.replace(b"/1.jpg", b"/1.jpx"),
                "bad checksum",
            ),
        ],
    )
    def test_a_shard_that_does_not_end_with_its_members_is_refused(
        self, shards, change, wanted
    ):
        path = shards / "zoo" / "train" / "000.tar"
        path.write_bytes(change(path.read_bytes()))
        with pytest.raises(KnowError, match=rf"000\.tar: .*{wanted}"):
            prepare("zoo", SETTINGS, shards)


class TestProblems:
    @pytest.mark.parametrize(
        ("changes", "wanted"),
        [
            ({"size": None}, ["size should say what pictures are decoded to"]),
            ({"path": None}, ["source image-stream needs a `path`, its folder"]),
            ({"test_splits": ["val"]}, ["{root}/zoo/val is no folder"]),
            ({"classes": [3]}, ["classes asks for [3], the source has classes 0 to 2"]),
        ],
    )
    def test_each_is_told(self, tree, changes, wanted):
        found = SOURCE.check(replace(SETTINGS, **changes), tree)
        assert found == [line.format(root=tree) for line in wanted]

    def test_a_tree_beside_shards_is_one(self, tree, shards):
        folder = tree / "zoo" / "test"
        shutil.rmtree(folder)
        shutil.copytree(shards / "zoo" / "test", folder)
        found = SOURCE.check(SETTINGS, tree)
        assert found == [f"some splits are shards, {tree}/zoo/train are not"]

    def test_an_empty_folder_is_one(self, tmp_path):
        for split in ("train", "test"):
            (tmp_path / "zoo" / split).mkdir(parents=True)
        found = SOURCE.check(SETTINGS, tmp_path)
        wanted = f"{tmp_path}/zoo/train has neither shards *.tar nor folders of classes"
        assert found == [wanted]
