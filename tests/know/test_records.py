"""Records of every kind: written, read back, and files that hold none."""

import json
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from know.errors import KnowError
from know.json_files import write_records
from know.landscape_record import Location, read_locations
from know.records import (
    PredictionError,
    Score,
    WeightComparison,
    read_prediction_errors,
    read_scores,
)
from know.selection_record import CandidateScore, Selection, read_selections


class Kind(NamedTuple):
    record: Any
    read: Any
    name: str


SCORE = Score(
    run="r0",
    method="known",
    horizon=1,
    factor=2.0,
    task="classification",
    trial=0,
    metric="accuracy",
    value=71.25,
    curve=[10.5, 71.25],
    seconds=3.5,
    seed=17,
    learning_rate=4e-4,
    comparison=WeightComparison(norm_ratio=1.1, cosine=0.9, step_ratio=0.4),
    digests={"weights": "aa", "train": "bb"},
    versions={"python": "3.11.7"},
)
ERROR = PredictionError(
    method="known",
    group="trials",
    kind="conv",
    horizon=1,
    trial=7,
    window=5,
    family="simplenet",
    dataset="shapes",
    error=0.1 + 0.2,
    weights=1234,
)
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
CANDIDATE = CandidateScore(
    method="naive",
    horizon=0,
    values=[50.0, 60.5],
    mean=55.25,
    difference=0.0,
    p_value=None,
    weights="aa",
)
SELECTION = Selection(
    run="r0",
    method="auto",
    pick="naive",
    horizon=0,
    candidates=[CANDIDATE, replace(CANDIDATE, method="known", horizon=2, p_value=1.0)],
    settings={"trials": 2, "training": {"batch_size": 5}},
    digests={"train": "bb"},
    versions={"python": "3.11.7"},
)
KINDS = [
    Kind(SCORE, read_scores, "score records"),
    Kind(ERROR, read_prediction_errors, "prediction errors"),
    Kind(LOCATION, read_locations, "locations"),
    Kind(SELECTION, read_selections, "selections"),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request):
    return request.param


def test_records_come_back_in_the_order_of_their_files(kind, tmp_path):
    other = replace(kind.record, method="other")
    paths = [tmp_path / "deep" / "b.json", tmp_path / "a.json", tmp_path / "none.json"]
    for path, records in zip(paths, (kind.record, [other, other], []), strict=True):
        write_records(path, records)
    assert kind.read(paths) == [kind.record, other, other]
    assert [path.name for path in paths[0].parent.iterdir()] == ["b.json"]


def test_every_file_without_such_records_is_named_at_once(kind, tmp_path):
    write_records(tmp_path / "good.json", kind.record)
    record = json.loads((tmp_path / "good.json").read_text())
    lacking = {key: value for key, value in record.items() if key != "method"}
    contents = {
        "cut": '[{"run": "r0"',
        "truth": "true",
        "numbers": "[1]",
        "nothing": "null",
        "lacking": json.dumps([lacking]),
        "unknown": json.dumps([{**record, "colour": "red"}]),
    }
    for name, text in contents.items():
        (tmp_path / f"{name}.json").write_text(text)
    names = ["missing", "good", *contents]
    with pytest.raises(KnowError, match=f"these are not {kind.name}:") as refused:
        kind.read(tmp_path / f"{name}.json" for name in names)
    lines = str(refused.value).splitlines()[1:]
    found = [line.removeprefix("  - ").split(": ")[0] for line in lines]
    assert found == [str(tmp_path / f"{name}.json") for name in names if name != "good"]
