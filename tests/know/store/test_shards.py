from dataclasses import asdict, replace

import pytest
import torch

from know.errors import KnowError
from know.store.read import open_group
from know.store.shards import (
    LeftOutRun,
    RecordedRun,
    open_shard,
    write_shard,
)

LEFT_OUT = (
    LeftOutRun(number=4, reason="the loss became nan", settings={"rate": 0.5}),
    LeftOutRun(number=7, reason="no end", settings={"options": {"width": 2}}),
)


@pytest.fixture
def trials(stages, kinds, attributes):
    """Eleven short ones; weights of the n-th are n + 1 times those of the first."""
    names = ("0.bias", "3.weight")
    states = [{name: state[name] for name in names} for state in stages[:2]]
    short = replace(attributes, stages=attributes.stages[:2])
    return [
        RecordedRun(
            states=[{n: v * (number + 1) for n, v in s.items()} for s in states],
            kinds={name: kinds[name] for name in names},
            attributes=replace(short, run=f"trial-{number}", seed=number),
        )
        for number in range(11)
    ]


@pytest.fixture
def shard(tmp_path, trials):
    path = tmp_path / "folder" / "shard-0.zarr.zip"
    write_shard(path, [LEFT_OUT[0], *trials[:2], LEFT_OUT[1], *trials[2:]])
    return path


def test_trials_come_back_in_order_to_the_last_bit(shard, trials):
    with open_shard(shard) as found:
        assert [trial.attributes for trial in found] == [t.attributes for t in trials]
        for trial, wanted in zip(found, trials, strict=True):
            for stage, state in enumerate(wanted.states):
                read = trial.read_stage(stage)
                assert list(read) == list(state)
                assert all(torch.equal(read[name], state[name]) for name in state)


def test_trials_that_were_left_out_are_remembered(tmp_path, shard, trials):
    write_shard(tmp_path / "without", trials[:1])
    for path, wanted in ((shard, LEFT_OUT), (tmp_path / "without", ())):
        with open_group(path) as (root, _):
            assert root.attrs["left_out"] == [asdict(trial) for trial in wanted]


def test_two_writes_give_the_same_bytes(tmp_path, trials):
    for name in ("a", "b"):
        write_shard(tmp_path / name, trials[:2])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_trials_are_taken_one_at_a_time(tmp_path, trials):
    path = tmp_path / "shard.zarr.zip"

    def one_by_one():
        for number, trial in enumerate(trials[:3]):
            yield trial
            (group,) = tmp_path.glob(f"{path.name}.*.partial/trial-000{number}")
            assert (group / "zarr.json").is_file()

    write_shard(path, one_by_one())


@pytest.mark.parametrize("trials_left_out", [(), LEFT_OUT])
def test_a_shard_without_trajectories_is_refused(tmp_path, trials_left_out):
    path = tmp_path / "shard-3.zarr.zip"
    with pytest.raises(
        KnowError, match=r"every meta-run of shard-3\.zarr\.zip diverged"
    ):
        write_shard(path, trials_left_out)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_trial_leaves_no_file(tmp_path, trials):
    trials[1].states[1]["0.bias"][1] = float("nan")
    with pytest.raises(KnowError, match=r"stage 1: '0\.bias' has 1 values that are"):
        write_shard(tmp_path / "shard.zarr.zip", trials)
    assert list(tmp_path.iterdir()) == []
