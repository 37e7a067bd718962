import json
from dataclasses import asdict, replace

import pytest

from know.errors import KnowError
from know.records import (
    PredictionError,
    Score,
    WeightComparison,
    read_prediction_errors,
    read_scores,
    write_prediction_errors,
    write_scores,
)


@pytest.fixture
def score():
    return Score(
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


def changed(score, **changes):
    return asdict(score) | changes


def test_what_was_written_is_read_back(score, tmp_path):
    write_scores(tmp_path / "scores.json", [score, score])
    assert read_scores([tmp_path / "scores.json"]) == [score, score]


def test_scores_come_in_the_order_of_the_files(score, tmp_path):
    for trial in range(3):
        record = changed(score, trial=trial)
        (tmp_path / f"{trial}.json").write_text(json.dumps([record]))
    paths = [tmp_path / f"{trial}.json" for trial in (2, 0, 1)]
    assert [read.trial for read in read_scores(paths)] == [2, 0, 1]


def test_no_scores_make_an_empty_list(tmp_path):
    write_scores(tmp_path / "scores.json", [])
    assert read_scores([tmp_path / "scores.json"]) == []


def test_written_bytes_depend_on_the_scores_alone(score, tmp_path):
    for name in ("one", "two"):
        write_scores(tmp_path / name, [score])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_writing_leaves_no_partial_file(score, tmp_path):
    write_scores(tmp_path / "deep" / "scores.json", [score])
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["scores.json"]


def test_every_unreadable_file_is_named_at_once(score, tmp_path):
    write_scores(tmp_path / "good.json", [score])
    (tmp_path / "cut.json").write_text('[{"run": "r0"')
    names = ["missing.json", "good.json", "cut.json"]
    with pytest.raises(KnowError) as raised:
        read_scores(tmp_path / name for name in names)
    assert "missing.json" in str(raised.value)
    assert "cut.json" in str(raised.value)
    assert "good.json" not in str(raised.value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("true", id="a truth value"),
        pytest.param('{"run": "r0"}', id="one record, not a list"),
        pytest.param("[1]", id="a list of numbers"),
        pytest.param("7", id="a number"),
        pytest.param("null", id="nothing"),
    ],
)
def test_other_json_is_refused(content, tmp_path):
    (tmp_path / "other.json").write_text(content)
    with pytest.raises(KnowError, match=r"not score records:\n.*other\.json"):
        read_scores([tmp_path / "other.json"])


@pytest.mark.parametrize("missing", ["value", "comparison", "digests"])
def test_record_without_a_field_is_refused(missing, score, tmp_path):
    record = asdict(score)
    del record[missing]
    (tmp_path / "scores.json").write_text(json.dumps([record]))
    with pytest.raises(KnowError, match=missing):
        read_scores([tmp_path / "scores.json"])


def test_record_with_an_unknown_field_is_refused(score, tmp_path):
    record = changed(score, colour="red")
    (tmp_path / "scores.json").write_text(json.dumps([record]))
    with pytest.raises(KnowError, match="colour"):
        read_scores([tmp_path / "scores.json"])


@pytest.fixture
def prediction_error():
    return PredictionError(
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


def test_prediction_errors_are_read_back_in_the_order_of_the_files(
    prediction_error, tmp_path
):
    later = replace(prediction_error, trial=8)
    paths = [tmp_path / "deep" / name for name in ("one.json", "two.json")]
    write_prediction_errors(paths[0], [prediction_error, later])
    write_prediction_errors(paths[1], [later])
    assert read_prediction_errors(paths[::-1]) == [later, prediction_error, later]


def test_every_unreadable_file_of_prediction_errors_is_named_at_once(
    score, prediction_error, tmp_path
):
    write_prediction_errors(tmp_path / "good.json", [prediction_error])
    write_scores(tmp_path / "scores.json", [score])
    (tmp_path / "cut.json").write_text("[{")
    (tmp_path / "bare.json").write_text(json.dumps([{"method": "known"}]))
    (tmp_path / "other.json").write_text("[1]")
    names = ["missing", "good", "scores", "cut", "bare", "other"]
    with pytest.raises(KnowError, match="these are not prediction errors") as raised:
        read_prediction_errors(tmp_path / f"{name}.json" for name in names)
    lines = str(raised.value).splitlines()[1:]
    refused = [line.strip().split(": ")[0] for line in lines]
    assert refused == [str(tmp_path / f"{n}.json") for n in names if n != "good"]
