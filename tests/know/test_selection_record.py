import json
from dataclasses import asdict

import pytest

from know.errors import KnowError
from know.selection_record import (
    CandidateScore,
    Selection,
    read_selections,
    write_selection,
)


@pytest.fixture
def selection():
    candidates = [
        CandidateScore(
            method=method,
            horizon=horizon,
            values=[50.0, 60.5],
            mean=55.25,
            difference=0.0,
            p_value=p_value,
            weights="aa",
        )
        for method, horizon, p_value in (("naive", 0, None), ("known", 2, 1.0))
    ]
    return Selection(
        run="r0",
        method="auto",
        pick="naive",
        horizon=0,
        candidates=candidates,
        settings={"trials": 2, "training": {"batch_size": 5}},
        digests={"train": "bb"},
        versions={"python": "3.11.7"},
    )


def test_what_was_written_is_read_back(selection, tmp_path):
    paths = [tmp_path / name for name in ("a.json", "b.json")]
    for path in paths:
        write_selection(path, selection)
    assert read_selections(paths) == [selection, selection]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_every_file_that_is_no_selection_is_named(selection, tmp_path):
    contents = {
        "text.json": "no json",
        "list.json": "[]",
        "short.json": json.dumps({"candidates": []}),
        "empty.json": "{}",
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    write_selection(tmp_path / "good.json", selection)
    paths = [tmp_path / name for name in (*contents, "good.json", "absent.json")]
    with pytest.raises(KnowError, match="these are not selections") as refused:
        read_selections(paths)
    said = str(refused.value)
    assert all(str(path) in said for path in paths if path.name != "good.json")
    assert "good.json" not in said


def test_a_field_that_nobody_knows_is_refused(selection, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(asdict(selection) | {"luck": 1}))
    with pytest.raises(KnowError, match="luck"):
        read_selections([path])
