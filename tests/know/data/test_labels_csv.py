import logging
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from know.data.settings import DatasetSettings
from know.data.sources.labels_csv import SOURCE
from know.errors import KnowError

SETTINGS = DatasetSettings(source="labels-csv", path="zoo")


@pytest.fixture
def root(tmp_path):
    (tmp_path / "zoo" / "images").mkdir(parents=True)
    for value in range(6):
        array = np.full((2, 2, 3), value, dtype=np.uint8)
        Image.fromarray(array).save(tmp_path / "zoo" / "images" / f"{value}.png")
    return tmp_path


def table(root, *rows, head="file,label,split"):
    (root / "zoo" / "labels.csv").write_text("\n".join([head, *rows]) + "\n")


def test_rows_go_to_the_split_they_name(root):
    table(
        root,
        "images/5.png,cat,train",
        "images/0.png,ant,train",
        "images/3.png,cat,test",
    )
    raw = SOURCE.open(SETTINGS, root)
    assert raw.class_names == ("ant", "cat")
    assert raw.train.labels.tolist() == [1, 0]
    assert raw.train.read(np.arange(2), None)[:, 0, 0, 0].tolist() == [5, 0]
    assert raw.test.labels.tolist() == [1]
    assert SOURCE.check(SETTINGS, root) == []


def test_a_table_without_splits_is_one_pool(root):
    table(root, "images/0.png,cat", "images/1.png,ant", head="file,label")
    assert SOURCE.open(SETTINGS, root).test is None


def test_numbers_are_ordered_as_numbers(root):
    table(root, "images/0.png,10", "images/1.png,9", head="file,label")
    assert SOURCE.open(SETTINGS, root).class_names == ("9", "10")


def test_a_byte_order_mark_is_no_part_of_the_first_column(root):
    text = "\ufefffile,label\nimages/0.png,cat\n"
    (root / "zoo" / "labels.csv").write_text(text, encoding="utf-8")
    assert SOURCE.open(SETTINGS, root).class_names == ("cat",)


def test_rows_of_another_split_are_left_out_and_logged(root, caplog):
    table(root, *(f"images/{n}.png,cat,{s}" for n, s in enumerate(["train", "test"])))
    with (root / "zoo" / "labels.csv").open("a") as file:
        file.write("images/2.png,cat,val\n")
    with caplog.at_level(logging.INFO, "know"):
        raw = SOURCE.open(SETTINGS, root)
    assert len(raw.train.labels) == 1
    assert "{'val': 1}" in caplog.text


def test_the_settings_say_which_splits_are_taken(root):
    rows = [f"images/{n}.png,cat,{s}" for n, s in enumerate(["a", "b", "c", "d"])]
    table(root, *rows)
    settings = replace(SETTINGS, train_splits=["a", "b"], test_splits=["d"])
    raw = SOURCE.open(settings, root)
    assert raw.train.read(np.arange(2), None)[:, 0, 0, 0].tolist() == [0, 1]
    assert raw.test.read(np.arange(1), None)[:, 0, 0, 0].tolist() == [3]


def test_every_bad_row_is_named(root):
    table(
        root,
        "images/0.png,cat,train",
        "images/0.png,cat,test",
        "images/9.png,cat,test",
        "images/1.png,,test",
        "images/2.png,cat",
    )
    problems = SOURCE.check(SETTINGS, root)
    assert problems[0] == "row 3 names images/0.png again"
    assert problems[1].startswith("row 4: there is no file")
    assert problems[2:] == ["row 5 lacks a value", "row 6 lacks a value"]


def test_a_long_list_of_bad_rows_is_cut_with_its_length(root):
    table(root, *(f"images/{n}.png,cat,train" for n in range(10, 60)))
    problems = SOURCE.check(SETTINGS, root)
    assert (len(problems), problems[-1]) == (21, "and 30 more like these")


def test_a_split_without_rows_is_named(root):
    table(root, "images/0.png,cat,train")
    assert SOURCE.check(SETTINGS, root) == ["no row has split 'test'"]


def test_a_missing_table_is_named(tmp_path):
    (problem,) = SOURCE.check(SETTINGS, tmp_path)
    assert problem.startswith("wanted a table of file and label, found no file at")


def test_missing_columns_are_said(root):
    table(root, "a.png,cat", head="name,label")
    with pytest.raises(KnowError, match=r"it has the columns \['name', 'label'\]"):
        SOURCE.open(SETTINGS, root)


def test_a_table_that_is_no_text_is_named(root):
    (root / "zoo" / "labels.csv").write_bytes(b"file,label\n\xff\xfe,cat\n")
    (problem,) = SOURCE.check(SETTINGS, root)
    assert "cannot be read as a table" in problem
