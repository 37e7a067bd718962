"""Records of every kind: written, read back, and files that hold none."""

import hashlib
import json
import re
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from know.errors import KnowError
from know.json_files import write_records
from know.landscape_record import Location, read_locations
from know.records import (
    ChosenRate,
    PredictionError,
    Score,
    WeightComparison,
    read_learning_rates,
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
RATE = ChosenRate(
    run="r0", task="digits", method="known", horizon=1, learning_rate=1e-3
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
    accuracies=[50.0, 60.5],
    difference=0.0,
    standard_error=None,
    p_value=None,
    detectable=None,
    weights="aa",
)
SELECTION = Selection(
    run="r0",
    method="auto",
    default="naive",
    pick="naive",
    candidates=[CANDIDATE, replace(CANDIDATE, method="known", horizon=1, p_value=1.0)],
    settings={"draws": 2, "training": {"batch_size": 5}},
    digests={"train": "bb"},
    versions={"python": "3.11.7"},
)
KINDS = [
    Kind(SCORE, read_scores, "score records"),
    Kind(RATE, read_learning_rates, "learning rates"),
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
    contents = ([kind.record], [other, other], [])
    for path, records in zip(paths, contents, strict=True):
        write_records(path, records)
    assert kind.read(paths) == [kind.record, other, other]
    assert [path.name for path in paths[0].parent.iterdir()] == ["b.json"]


def with_checksum(records):
    """A file as a hand could make it that knows of the checksum."""
    blank = "0" * 64
    content = {"records": records, "sha256": blank}
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    return text.replace(blank, hashlib.sha256(text.encode()).hexdigest())


def test_every_file_without_such_records_is_named_at_once(kind, tmp_path):
    write_records(tmp_path / "good.json", [kind.record])
    (record,) = json.loads((tmp_path / "good.json").read_text())["records"]
    lacking = {key: value for key, value in record.items() if key != "method"}
    contents = {
        "empty": "",
        "nothing": "[]",
        "bare": json.dumps([record]),
        "cut": with_checksum([record])[:-20],
        "numbers": with_checksum([1]),
        "lacking": with_checksum([lacking]),
        "unknown": with_checksum([{**record, "colour": "red"}]),
    }
    for name, text in contents.items():
        (tmp_path / f"{name}.json").write_text(text)
    names = ["missing", "good", *contents]
    heading = f"^these are not {kind.name}; delete them and run again:"
    with pytest.raises(KnowError, match=heading) as refused:
        kind.read(tmp_path / f"{name}.json" for name in names)
    lines = str(refused.value).splitlines()[1:]
    found = [line.removeprefix("  - ").split(": ")[0] for line in lines]
    assert found == [str(tmp_path / f"{name}.json") for name in names if name != "good"]


@pytest.mark.parametrize(
    ("record", "change", "found"),
    [
        (
            SCORE,
            {"value": 900.0, "curve": [900.0]},
            "value: wanted 0 to 100, found 900",
        ),
        (SCORE, {"value": -5.0, "curve": [-5.0]}, "value: wanted 0 to 100, found -5"),
        (SCORE, {"curve": [900.0, 71.25]}, "curve: wanted 0 to 100, found [900.0, 71"),
        (SCORE, {"value": True, "curve": [True]}, "value: wanted float, found True"),
        (SCORE, {"value": float("nan")}, "value: wanted float, found nan"),
        (SCORE, {"value": 90.0}, "its value is 90.0, its curve ends in [71.25]"),
        (SCORE, {"curve": []}, "its value is 71.25, its curve ends in []"),
        (SCORE, {"horizon": 1.0}, "horizon: wanted int, found 1.0"),
        (SCORE, {"zero_shot": 100.5}, "zero_shot: wanted 0 to 100, found 100.5"),
        (SCORE, {"digests": {"train": 1}}, "digests: wanted dict[str, str], found"),
        (SCORE.comparison, {"cosine": float("nan")}, "cosine: wanted float, found nan"),
        (SCORE.comparison, {"cosine": 1.5}, "cosine: wanted -1 to 1, found 1.5"),
        (
            RATE,
            {"learning_rate": float("inf")},
            "learning_rate: wanted float, found in",
        ),
        (ERROR, {"error": -0.5}, "error: wanted 0 to inf, found -0.5"),
        (ERROR, {"error": float("nan")}, "error: wanted float, found nan"),
        (LOCATION, {"shown": 2.0}, "shown: wanted 0 to 1, found 2.0"),
        (CANDIDATE, {"accuracies": [101.0]}, "accuracies: wanted 0 to 100, found"),
        (SELECTION, {"pick": "tsv"}, "its choice is no candidate"),
    ],
)
def test_a_value_that_cannot_be_is_refused(record, change, found):
    with pytest.raises(ValueError, match=re.escape(found)):
        replace(record, **change)


def test_a_metric_that_is_no_share_may_have_any_size():
    assert replace(SCORE, metric="cider", value=130.5, curve=[130.5]).value == 130.5
