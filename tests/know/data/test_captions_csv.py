import numpy as np
import pytest
from PIL import Image

from know.data.arrays import END, SPECIAL_WORDS, UNKNOWN
from know.data.prepare import prepare
from know.data.settings import DatasetSettings
from know.data.sources.captions_csv import SOURCE
from know.errors import KnowError

SETTINGS = DatasetSettings(
    source="captions-csv",
    path="zoo",
    target="captions",
    test_splits=["held"],
    captions=2,
    length=6,
)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "zoo" / "images").mkdir(parents=True)
    for value in range(6):
        array = np.full((2, 2, 3), value, dtype=np.uint8)
        Image.fromarray(array).save(tmp_path / "zoo" / "images" / f"{value}.png")
    return tmp_path


def table(root, *rows, head="file,split,caption"):
    (root / "zoo" / "captions.csv").write_text("\n".join([head, *rows]) + "\n")


@pytest.fixture
def whole(root):
    table(
        root,
        "5.png,train,A cat .",
        "0.png,train,A dog runs",
        "5.png,train,The cat sleeps",
        "3.png,held,A zebra",
    )
    return root


def test_rows_of_a_file_are_captions_of_one_picture(whole):
    raw = SOURCE.open(SETTINGS, whole)
    assert len(raw.train.labels) == 2
    assert raw.train.read(np.arange(2), None)[:, 0, 0, 0].tolist() == [5, 0]
    assert raw.train.read_captions(np.array([1, 0])) == [
        ["A dog runs"],
        ["A cat .", "The cat sleeps"],
    ]
    assert SOURCE.check(SETTINGS, whole) == []


def test_words_are_those_of_the_training_captions(whole):
    dataset = prepare("zoo", SETTINGS, whole)
    assert dataset.target == "captions"
    assert dataset.class_names == (
        *(*SPECIAL_WORDS, "a", "cat"),
        *("dog", "runs", "sleeps", "the"),
    )
    assert dataset.train_labels.shape == (2, 2, 6)
    assert dataset.test_labels[0, 0, 2:4].tolist() == [UNKNOWN, END]


def test_words_of_pictures_that_are_not_taken_are_unknown(whole):
    settings = DatasetSettings(**{**vars(SETTINGS), "train": 1})
    dataset = prepare("zoo", settings, whole)
    assert len(dataset.train_images) == 1
    assert len(dataset.class_names) < 10


def test_a_table_without_splits_is_one_pool(root):
    table(root, *(f"{n}.png,a dog" for n in range(5)), head="file,caption")
    assert SOURCE.open(SETTINGS, root).test is None
    settings = DatasetSettings(**{**vars(SETTINGS), "train": 3, "test": 2})
    dataset = prepare("zoo", settings, root)
    shown = [*dataset.train_images[:, 0, 0, 0], *dataset.test_images[:, 0, 0, 0]]
    assert sorted(shown) == [0, 1, 2, 3, 4]


def test_every_bad_row_is_named(root):
    table(
        root,
        "0.png,train,a dog",
        "0.png,held,a dog",
        "9.png,held,a cat",
        "1.png,train,",
        "2.png,train, . ",
        "9.png,held,the cat",
        "1.png,train",
    )
    problems = SOURCE.check(SETTINGS, root)
    assert problems[0] == "row 3 names 0.png in another split than before"
    assert problems[1].startswith("row 4: there is no file")
    assert problems[2:] == [
        "row 5 lacks a value",
        "row 6 has no word in its caption",
        "row 8 lacks a value",
    ]


def test_a_split_without_rows_is_named(root):
    table(root, "0.png,train,a dog")
    assert SOURCE.check(SETTINGS, root) == ["no row has split 'held'"]


def test_a_missing_table_or_column_is_named(root):
    (problem,) = SOURCE.check(SETTINGS, root)
    assert problem.startswith("wanted a table of file and caption, found no file at")
    table(root, "0.png,dog", head="image,caption")
    with pytest.raises(KnowError, match=r"it has the columns \['image', 'caption'\]"):
        SOURCE.open(SETTINGS, root)


def test_captions_have_no_classes(whole):
    settings = DatasetSettings(**{**vars(SETTINGS), "classes": [0]})
    assert SOURCE.check(settings, whole) == ["captions have no classes to choose from"]


def test_more_pictures_than_there_are_is_a_problem(whole):
    settings = DatasetSettings(**{**vars(SETTINGS), "train": 3})
    (problem,) = SOURCE.check(settings, whole)
    assert problem == "train asks for 3 images, there are 2"


def test_all_damaged_pictures_of_both_splits_are_named(whole):
    for name in ("0.png", "3.png"):
        (whole / "zoo" / "images" / name).write_text("no picture")
    with pytest.raises(KnowError) as caught:
        prepare("zoo", SETTINGS, whole)
    assert "0.png" in str(caught.value)
    assert "3.png" in str(caught.value)
    assert "5.png" not in str(caught.value)
