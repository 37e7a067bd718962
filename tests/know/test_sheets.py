import pytest

from know.errors import KnowError
from know.sheets import read_sheet

ROWS = [(2, {"file": "a.png", "label": "cat"}), (3, {"file": "b.png", "label": "ä"})]


@pytest.fixture
def read(tmp_path):
    """A function that writes bytes or text as a table and reads it."""

    def read(content):
        path = tmp_path / "labels.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_sheet(path, ("file", "label"), wanted="a table")

    return read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", " , ", "; "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_programs_write_is_read(read, encoding, separator, end):
    lines = [("file", "label"), ("a.png", "cat"), ("b.png", "ä")]
    text = end.join(separator.join(cells) for cells in lines)
    assert read(text.encode(encoding)) == ROWS


@pytest.mark.parametrize(
    "text",
    [
        "file,label,,\na.png,cat,,\nb.png,ä,,,,\n",
        "\n\nfile,label\n\na.png,cat\n , \nb.png,ä\n\n\n",
        'file,label\n"a.png","cat"\n b.png , "ä"\n',
        "label,file\ncat,a.png\nä,b.png\n",
    ],
)
def test_empty_lines_and_cells_and_spaces_do_not_count(read, text):
    assert [row for _, row in read(text)] == [row for _, row in ROWS]


def test_a_row_begins_at_its_first_line(read):
    found = read('file,label\na.png,"two\nlines"\n\nb.png,one\n')
    assert [line for line, _ in found] == [2, 5]
    assert found[0][1]["label"] == "two\nlines"


def test_what_is_missing_at_the_end_is_empty(read):
    assert read("file,label,note\na.png\n") == [
        (2, {"file": "a.png", "label": "", "note": ""})
    ]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (
            "file,label\na.png,cat,dog\n",
            "line 2, column 3: 'dog' is in no named column",
        ),
        ("file,,label\na.png,x,cat\n", "line 2, column 2: 'x' is in no named column"),
        ("file,label,file\na,b,c\n", "the column 'file' is there twice"),
        (
            "file|label\na|b\n",
            r"wanted the columns file, label, found \['file\|label'\]",
        ),
        ("file,label\n", "it has no row"),
        ("", "it has no row"),
        (
            "file,label\na,b\nc,d\xe4\n".encode("latin-1"),
            r"line 3 is not UTF-8 at b'\\xe4",
        ),
        (
            'file,label\na,b\nc,"d\ne,f\n',
            r"labels\.csv, line 3: unexpected end of data",
        ),
        ('file,label\na,"b"c\n', r"labels\.csv, line 2: ',' expected after"),
        ("file,label\na," + "b" * 200_000, r"labels\.csv, line 2: field larger than"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_place(read, content, wanted):
    with pytest.raises(KnowError, match=wanted):
        read(content)
