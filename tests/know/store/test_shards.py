import random
from dataclasses import replace

import pytest
import torch

from know.errors import KnowError
from know.store.shards import (
    LeftOutTrial,
    ShardTrial,
    open_shard,
    read_left_out,
    write_shard,
)

NUM_PLACES = 200


@pytest.fixture
def trials(stages, kinds, attributes):
    """Three trajectories; the n-th one's weights are n + 1 times the first one's."""
    return [
        ShardTrial(
            states=[
                {name: value * (number + 1) for name, value in state.items()}
                for state in stages
            ],
            kinds=kinds,
            attributes=replace(attributes, run=f"trial-{number}", seed=number),
        )
        for number in range(3)
    ]


@pytest.fixture
def shard(tmp_path, trials):
    path = tmp_path / "folder" / "shard-0.zarr.zip"
    write_shard(path, trials)
    return path


def test_trials_come_back_in_order(shard, trials):
    with open_shard(shard) as found:
        assert [trial.attributes for trial in found] == [t.attributes for t in trials]


def test_weights_come_back_to_the_last_bit(shard, trials):
    with open_shard(shard) as found:
        for trial, wanted in zip(found, trials, strict=True):
            for stage, state in enumerate(wanted.states):
                read = trial.read_stage(stage)
                assert list(read) == list(state)
                assert all(torch.equal(read[name], state[name]) for name in state)


def test_the_order_holds_beyond_nine_trials(tmp_path, trials):
    one_stage = replace(trials[0].attributes, stages=trials[0].attributes.stages[:1])
    many = [
        ShardTrial(
            states=[{"head.bias": torch.zeros(2)}],
            kinds={"head.bias": "bias"},
            attributes=replace(one_stage, run=str(number)),
        )
        for number in range(11)
    ]
    write_shard(tmp_path / "shard.zarr.zip", many)
    with open_shard(tmp_path / "shard.zarr.zip") as found:
        assert [t.attributes.run for t in found] == [str(n) for n in range(11)]


def test_two_writes_give_the_same_bytes(tmp_path, shard, trials):
    write_shard(tmp_path / "again.zarr.zip", trials)
    assert (tmp_path / "again.zarr.zip").read_bytes() == shard.read_bytes()


def test_trials_are_taken_one_at_a_time(tmp_path, trials):
    path = tmp_path / "shard.zarr.zip"

    def one_by_one():
        for number, trial in enumerate(trials):
            yield trial
            group = path.with_name(f"{path.name}.partial") / f"store/trial-000{number}"
            assert (group / "zarr.json").is_file()

    write_shard(path, one_by_one())


def test_a_flipped_byte_is_noticed_anywhere(shard):
    whole = shard.read_bytes()
    places = random.Random(0)
    for _ in range(NUM_PLACES):
        content = bytearray(whole)
        content[places.randrange(len(whole))] ^= places.randrange(1, 256)
        shard.write_bytes(content)
        with pytest.raises(KnowError, match="damaged"), open_shard(shard):
            pass


def test_a_missing_end_is_noticed_at_any_length(shard):
    whole = shard.read_bytes()
    lengths = random.Random(0)
    for _ in range(NUM_PLACES):
        shard.write_bytes(whole[: lengths.randrange(len(whole))])
        with pytest.raises(KnowError, match="damaged"), open_shard(shard):
            pass


def test_a_shard_without_trials_is_refused_and_not_written(tmp_path):
    path = tmp_path / "shard-3.zarr.zip"
    with pytest.raises(KnowError, match=r"every trial of shard-3\.zarr\.zip diverged"):
        write_shard(path, iter([]))
    assert list(tmp_path.iterdir()) == []


class TestLeftOut:
    left_out = (
        LeftOutTrial(number=4, reason="the loss became nan", settings={"rate": 0.5}),
        LeftOutTrial(number=7, reason="no end", settings={"options": {"width": 2}}),
    )

    def test_trials_without_a_trajectory_are_remembered(self, tmp_path, trials):
        path = tmp_path / "shard.zarr.zip"
        first, second, third = trials
        write_shard(path, [self.left_out[0], first, second, self.left_out[1], third])
        assert read_left_out(path) == list(self.left_out)
        with open_shard(path) as found:
            assert [trial.attributes.run for trial in found] == [
                "trial-0",
                "trial-1",
                "trial-2",
            ]

    def test_a_shard_may_have_none(self, shard):
        assert read_left_out(shard) == []

    def test_a_shard_of_nothing_else_is_refused(self, tmp_path):
        path = tmp_path / "shard-3.zarr.zip"
        with pytest.raises(KnowError, match=r"every trial of shard-3\.zarr\.zip div"):
            write_shard(path, self.left_out)
        assert list(tmp_path.iterdir()) == []

    def test_they_are_under_the_checksum_too(self, tmp_path, trials):
        path = tmp_path / "shard.zarr.zip"
        write_shard(path, [trials[0], self.left_out[0]])
        content = path.read_bytes()
        spoilt = content.replace(b"the loss became nan", b"the loss became inf")
        assert spoilt != content
        path.write_bytes(spoilt)
        with pytest.raises(KnowError, match="damaged"):
            read_left_out(path)


def test_a_failing_trial_leaves_no_file(tmp_path, trials):
    trials[1].states[2]["0.bias"][1] = float("nan")
    with pytest.raises(KnowError, match=r"stage 2: '0\.bias' has 1 values that are"):
        write_shard(tmp_path / "shard.zarr.zip", trials)
    assert list(tmp_path.iterdir()) == []


def test_a_trajectory_store_is_not_a_shard(store):
    with pytest.raises(KnowError, match="found no group of a trial in"):
        open_shard(store).__enter__()


def test_a_missing_shard_is_refused(tmp_path):
    with pytest.raises(KnowError, match="found no file at"):
        open_shard(tmp_path / "nowhere.zarr.zip").__enter__()
