import pytest

from know.errors import KnowError
from know.landscape_record import Location, read_locations, write_locations

LOCATION = Location(
    run="r0",
    seed=0,
    method="tsv",
    horizon=1,
    kind="conv",
    distance=0.9,
    step=0.25,
    cosine=1 / 3,
    shown=None,
    accuracy=None,
)


def test_locations_come_back_in_the_order_of_their_files(tmp_path):
    other = Location(**{**vars(LOCATION), "method": "known"})
    paths = [tmp_path / "b" / "x.json", tmp_path / "a.json"]
    write_locations(paths[0], [LOCATION])
    write_locations(paths[1], [other, LOCATION])
    assert read_locations(paths) == [LOCATION, other, LOCATION]


def test_every_other_file_is_named(tmp_path):
    contents = {"list": "{}", "objects": "[1]", "fields": '[{"run": "r"}]', "json": "["}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(KnowError, match="these are not locations") as refused:
        read_locations([*(tmp_path / name for name in contents), tmp_path / "none"])
    for name in [*contents, "none"]:
        assert f"{tmp_path / name}: " in str(refused.value)
