import json
import re
from dataclasses import asdict, replace

import pytest
from typer.testing import CliRunner

from know.cli import app
from know.errors import KnowError
from know.hypernetwork import files
from know.predictors.diagnosis.diagnose import diagnose
from know.store.shards import RecordedRun, write_shard

KINDS = {"filter": "conv", "matrix": "fc", "shift": "bias", "scale": "norm"}


@pytest.fixture
def run():
    return lambda *words: CliRunner().invoke(
        app, ["diagnose", *(str(word) for word in words)]
    )


@pytest.fixture
def shard(tmp_path, states, attributes):
    """A trajectory that forgets, and one that does not."""
    path = tmp_path / "shard-0.zarr.zip"
    write_shard(
        path,
        [
            RecordedRun(
                states=states("walk"),
                kinds=KINDS,
                attributes=replace(attributes(accuracies), run=run),
            )
            for run, accuracies in (
                ("first", [90.0, 80.0, 70.0, 60.0, 50.0]),
                ("second", [90.0] * 5),
            )
        ],
    )
    return path


def test_the_parts_come_together(store, states):
    path = store(states("line"))
    found = diagnose([path])
    assert (found.path, found.run) == (str(path), "made-up")
    assert found.rate == pytest.approx(0.5)
    assert [stage.since_previous for stage in found.stages[1:]] == ["falls"] * 4
    assert found.kinds[-1].angles == pytest.approx((0, 0, 0), abs=1e-5)
    assert found.verdict.text.startswith("forgets at every stage, and the path is smo")
    errors = {test.method: test.error for test in found.back_tests}
    assert errors[found.verdict.best_back_test] == pytest.approx(0, abs=1e-6)
    assert [step.norm_ratio for step in found.steps if step.method == "shrink"] == (
        pytest.approx([0.9, 0.81, 0.729])
    )


def test_hypernetworks_are_asked_where_their_folder_is_named(
    store, states, tmp_path, models
):
    folder = tmp_path / "hypernetworks"
    for kind, model in models.items():
        files.save(folder / f"known_{kind}.safetensors", model, {"kind": kind})
    path = store(states("walk"))
    found = diagnose([path], hypernetworks=folder)
    steps = [step for step in found.steps if step.method == "known"]
    assert [step.refusal for step in steps] == [None] * 3
    (test,) = [test for test in found.back_tests if test.method == "known"]
    assert "stages >= 5" in test.refusal
    assert "known" not in found.left_out
    assert "wnn" in diagnose([path]).left_out


def test_every_table_is_shown_and_then_the_verdict(run, store, states):
    done = run(store(states("line", 3)))
    assert done.exit_code == 0, done.output
    for wanted in (
        r"run +made-up",
        r"0 +1,024 +90\.00 +- +- +- +-",
        r"2 +256 +70\.00 +- +[\d.]+ +falls +falls",
        r"predicted +0\.0 +\S+ +1\.000 +1\.00 of 2",
        r"shrink +0\.1000 +0\.9000 +[+-]0\.\d+ +0\.1900 +0\.8100",
        r"shrink +0\.9000 +0\.9000 +0\.9000",
        r"linear-fit +0\.000 +0\.000",
        r"mag-max +n=3 +'filter': mag-max mirrors one stage",
        r"wnn +all +no hypernetworks",
        r"verdict: forgets at every stage",
    ):
        assert re.search(wanted, done.stdout), wanted


def test_json_holds_the_same_numbers(run, store, states):
    path = store(states("walk"))
    done = run(path, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found == json.loads(json.dumps(asdict(diagnose([path]))))


def test_json_has_no_nan_where_the_weights_stand_still(run, store, states):
    still = states("walk", 1) * 4
    done = run(store(still, [90.0] * 4), "--json")
    assert done.exit_code == 0, done.output

    def refuse(word):
        raise AssertionError(word)

    found = json.loads(done.stdout, parse_constant=refuse)
    assert found["verdict"]["path"] == "still"
    assert found["kinds"][-1]["effective_rank"] is None


@pytest.mark.parametrize("accuracies", [[90.0] * 5, [None] * 5])
def test_advice_is_no_failure(run, store, states, accuracies):
    done = run(store(states("walk"), accuracies))
    assert done.exit_code == 0, done.output


def test_the_trial_that_is_chosen_is_diagnosed(run, shard):
    for trial, name, words in ((0, "first", "forgets at"), (1, "second", "do not")):
        done = run(shard, "--trial", trial)
        assert done.exit_code == 0, done.output
        assert re.search(rf"run +{name}", done.stdout)
        assert words in done.stdout.partition("verdict:")[2]


@pytest.mark.parametrize(("trial", "got"), [(None, "none"), (-1, -1), (2, 2)])
def test_a_trial_of_a_shard_has_to_be_chosen(shard, trial, got):
    with pytest.raises(KnowError, match=f"0 to 1: choose one with --trial, got {got}"):
        diagnose([shard], trial=trial)


def test_one_stage_cannot_be_diagnosed(store, states):
    with pytest.raises(KnowError, match=r"needs stages >= 2 .* has 1 stages"):
        diagnose([store(states("walk", 1))])


def test_weights_that_no_method_predicts_cannot_be_diagnosed(store, states):
    only = [{"scale": state["scale"]} for state in states("walk")]
    with pytest.raises(KnowError, match="has 5 stages of kinds norm"):
        diagnose([store(only, kinds={"scale": "norm"})])
