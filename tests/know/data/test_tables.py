"""Sources `labels-csv` and `captions-csv`."""

import logging
from dataclasses import replace

import pytest

from know.data.arrays import END, SPECIAL_WORDS, UNKNOWN
from know.data.prepare import check_settings, prepare
from know.data.settings import DatasetSettings
from know.errors import KnowError

LABELS = DatasetSettings(source="labels-csv", path="zoo")
CAPTIONS = DatasetSettings(
    source="captions-csv", path="zoo", target="captions", captions=2, length=6
)
COLUMN = {"labels-csv": "label", "captions-csv": "caption"}


@pytest.fixture
def root(tmp_path, draw):
    draw(tmp_path / "zoo" / "images", *range(6))
    return tmp_path


@pytest.fixture
def table(root):
    """A function that writes the table of a source."""

    def table(settings, *rows, head=None):
        column = COLUMN[settings.source]
        lines = "\n".join([head or f"file,split,{column}", *rows])
        (root / "zoo" / f"{column}s.csv").write_text(lines, encoding="utf-8")

    return table


def problems(settings, root):
    found = check_settings("zoo", settings, root)
    folder = f"{root / 'zoo'}/"
    return [line.removeprefix("data set zoo: ").replace(folder, "") for line in found]


class TestLabels:
    def test_rows_go_to_the_split_they_name(self, root, table, shown):
        rows = ("5.png,train,cat", "0.png,train,ant", "3.png,test,cat")
        table(LABELS, *(f"images/00{row}" for row in rows))
        dataset = prepare("zoo", LABELS, root)
        assert dataset.class_names == ("ant", "cat")
        assert shown(dataset.train_images) == [5, 0]
        assert dataset.train_labels.tolist() == [1, 0]
        assert dataset.test_labels.tolist() == [1]

    def test_the_settings_say_which_splits_are_taken(self, root, table, shown):
        rows = ("a,cat", "b,ant", "c,cat", "d,cat")
        table(LABELS, *(f"images/00{n}.png,{row}" for n, row in enumerate(rows)))
        settings = replace(LABELS, train_splits=["a", "b"], test_splits=["d"])
        dataset = prepare("zoo", settings, root)
        assert shown(dataset.train_images) == [0, 1]
        assert shown(dataset.test_images) == [3]

    def test_numbers_are_ordered_as_numbers(self, root, table):
        rows = [f"images/00{n}.png,{label}" for n, label in enumerate([10, 9, 9, 10])]
        # The byte order mark is no part of the first column.
        table(LABELS, *rows, head="\ufefffile,label")
        assert prepare("zoo", replace(LABELS, test=2), root).class_names == ("9", "10")

    def test_every_bad_row_is_named(self, root, table):
        table(
            LABELS,
            "images/000.png,train,cat",
            "images/000.png,test,cat",
            "images/9.png,test,cat",
            "images/001.png,test,",
            "images/002.png,cat",
        )
        assert problems(LABELS, root) == [
            "labels.csv, line 3 names images/000.png again",
            "labels.csv, line 4: there is no file images/9.png",
            "labels.csv, line 5 lacks a value",
            "labels.csv, line 6 lacks a value",
        ]

    def test_two_spellings_of_a_label_are_not_two_classes(self, root, table):
        labels = ["1", "1.0", "01", "b  a", "b a", "2"]
        table(LABELS, *(f"images/00{n}.png,train,{x}" for n, x in enumerate(labels)))
        assert problems(LABELS, root) == [
            "labels.csv, line 3: the label '1.0' was written '1' before",
            "labels.csv, line 4: the label '01' was written '1' before",
            "labels.csv, line 6: the label 'b a' was written 'b  a' before",
        ]


class TestCaptions:
    @pytest.fixture(autouse=True)
    def _table(self, table):
        table(
            CAPTIONS,
            "005.png,train,A cat .",
            "000.png,train,A dog runs",
            "005.png,train,The cat sleeps",
            "003.png,test,A zebra",
        )

    def test_words_are_those_of_the_training_captions(self, root, shown):
        dataset = prepare("zoo", CAPTIONS, root)
        assert dataset.target == "captions"
        words = ("a", "cat", "dog", "runs", "sleeps", "the")
        assert dataset.class_names == (*SPECIAL_WORDS, *words)
        assert shown(dataset.train_images) == [5, 0]
        said = [
            [
                " ".join(dataset.class_names[t] for t in caption if t > END)
                for caption in k
            ]
            for k in dataset.train_labels
        ]
        assert said == [["a cat", "the cat sleeps"], ["a dog runs"] * 2]
        assert dataset.test_labels[0, 0, 2:4].tolist() == [UNKNOWN, END]

    def test_pictures_that_are_not_taken_add_no_words(self, root):
        dataset = prepare("zoo", replace(CAPTIONS, train=1), root)
        assert len(dataset.train_images) == 1
        assert len(dataset.class_names) < 10

    def test_every_bad_row_is_named(self, root, table):
        table(
            CAPTIONS,
            "000.png,train,a dog",
            "000.png,test,a dog",
            "9.png,test,a cat",
            "001.png,train,",
            "002.png,train, . ",
            "9.png,test,the cat",
            "001.png,train",
        )
        assert problems(CAPTIONS, root) == [
            "captions.csv, line 3 names 000.png in another split than before",
            "captions.csv, line 4: there is no file images/9.png",
            "captions.csv, line 5 lacks a value",
            "captions.csv, line 6 has no word in its caption",
            "captions.csv, line 8 lacks a value",
        ]

    @pytest.mark.parametrize(
        ("changes", "wanted"),
        [
            ({"classes": [0]}, "captions have no classes to choose from"),
            ({"train": 3}, "train asks for 3 images, there are 2"),
        ],
    )
    def test_what_there_is_not_is_a_problem(self, root, changes, wanted):
        assert problems(replace(CAPTIONS, **changes), root) == [wanted]


@pytest.mark.parametrize("settings", [LABELS, CAPTIONS], ids=lambda s: s.source)
class TestBoth:
    @pytest.fixture
    def row(self, settings):
        """A function that names a picture in a row, with its split if it has one."""
        folder = "images/" if settings == LABELS else ""
        return lambda n, *split: ",".join(
            [f"{folder}00{n}.png", *split, "ant" if n % 2 else "cat"]
        )

    def test_without_splits_are_one_pool(self, settings, root, table, row, shown):
        head = f"file,{COLUMN[settings.source]}"
        table(settings, *(row(n) for n in range(6)), head=head)
        dataset = prepare("zoo", replace(settings, train=3, test=2), root)
        images = [*shown(dataset.train_images), *shown(dataset.test_images)]
        assert len(set(images)) == 5

    def test_leave_out_and_log_other_splits(self, settings, root, table, row, caplog):
        table(settings, row(0, "train"), row(1, "train"), row(2, "test"), row(4, "val"))
        with caplog.at_level(logging.INFO, "know"):
            dataset = prepare("zoo", settings, root)
        assert len(dataset.train_labels) == 2
        assert "{'val': 1}" in caplog.text

    def test_name_a_split_without_rows(self, settings, root, table, row):
        table(settings, row(0, "train"))
        assert problems(settings, root) == [
            f"{COLUMN[settings.source]}s.csv: no row has split 'test'"
        ]

    def test_name_a_missing_table_or_column(self, settings, root, table):
        column = COLUMN[settings.source]
        (problem,) = problems(settings, root)
        assert problem.startswith(f"wanted a table of file and {column}, found no file")
        table(settings, "0.png,dog", head=f"image,{column}")
        with pytest.raises(KnowError, match=rf"found \['image', '{column}'\]"):
            prepare("zoo", settings, root)
