from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch

from know.errors import DivergedError, KnowError
from know.hypernetwork import meta_training
from know.hypernetwork.files import save
from know.hypernetwork.meta_training import MetaTraining, meta_train
from know.store.attributes import StageRecord, TrajectoryAttributes
from know.store.shards import ShardTrial, open_shard, write_shard

CPU = torch.device("cpu")
SETTINGS = MetaTraining(
    hypernetwork="small",
    stages=3,
    epochs=6,
    batch_size=100,
    learning_rate=0.001,
    weights_per_window=1000,
    held_out_shards=1,
)
NUM_STAGES = 5

# Threads that wait for each other cost more than a network this small.
torch.set_num_threads(1)


def attributes():
    record = StageRecord(
        samples=1,
        epochs=1,
        learning_rate=0.1,
        accuracy=None,
        test_accuracy=None,
        checkpoint="",
    )
    return TrajectoryAttributes(
        run="a", stages=[record] * NUM_STAGES, seed=0, code_version="", versions={}
    )


def linear_trial(seed, *, kind="fc"):
    """Every step towards more data is 0.8 times the one before it, plus theta / 10."""
    generator = torch.Generator().manual_seed(seed)
    weights = 0.3 * torch.randn(200, generator=generator)
    step = 0.3 * torch.randn(200, generator=generator)
    oldest_first = [weights]
    for _ in range(NUM_STAGES - 1):
        step = 0.8 * step + 0.1 * oldest_first[-1]
        oldest_first.append(oldest_first[-1] + step)
    return ShardTrial(
        states=[{"weight": weights} for weights in reversed(oldest_first)],
        kinds={"weight": kind},
        attributes=attributes(),
    )


@pytest.fixture
def make_shard(tmp_path):
    def make(*seeds, kind="fc"):
        path = tmp_path / f"{kind}-{'-'.join(map(str, seeds))}.zarr.zip"
        write_shard(path, [linear_trial(seed, kind=kind) for seed in seeds])
        return path

    return make


@pytest.fixture
def shards(make_shard):
    return [make_shard(0, 1), make_shard(2), make_shard(3)]


def train(shards, **changes):
    return meta_train(shards, "fc", replace(SETTINGS, **changes), device=CPU)


def test_the_loss_falls(shards):
    _, card = train(shards, epochs=15)
    assert len(card["curve"]) == 15
    assert card["curve"][-1] < 0.5 * card["curve"][0]


def test_the_yardstick_finds_a_linear_law(shards):
    _, card = train(shards, epochs=1)
    assert card["held_out"]["linear"] < 1e-4


def test_known_gets_better_than_copying(shards):
    _, card = train(shards, epochs=15)
    assert card["held_out"]["known"] < 0.7


def test_an_untrained_known_is_about_as_good_as_copying(shards):
    _, card = train(shards, epochs=1, learning_rate=1e-12)
    assert card["held_out"]["known"] == pytest.approx(1, abs=0.2)


def test_the_card_says_what_the_model_is(shards):
    _, card = train(shards, epochs=2)
    assert card["kind"] == "fc"
    assert card["hypernetwork"] == "small"
    assert card["training_shards"] == 2
    # One held-out trajectory of five stages: two windows of three.
    assert card["held_out"]["windows"] == 2


def test_the_curve_is_the_mean_error_of_a_weight(shards, make_shard):
    only = make_shard(2)
    _, card = train([only, make_shard(3)], epochs=1, learning_rate=1e-12, batch_size=7)
    # At its start KNOWN predicts next to nothing: it misses what is to be added.
    with open_shard(only) as (trajectory,):
        stages = trajectory.read_window("fc", 0, 200)
    missing = (stages[:2] - stages[1:3]).abs().mean().item()
    assert card["curve"] == [pytest.approx(missing, rel=0.1)]


def test_one_seed_gives_the_same_bytes(shards, tmp_path):
    for name in ("a", "b"):
        model, card = train(shards, epochs=2)
        save(tmp_path / name, model, card)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_another_hypernetwork_starts_and_draws_otherwise(shards):
    first, _ = train(shards, epochs=1)
    second, _ = train(shards, epochs=1, hypernetwork="other")
    assert not torch.equal(first.head.weight, second.head.weight)


def test_held_out_shards_are_never_trained_on(shards, make_shard):
    first, first_card = train(shards, epochs=2)
    second, second_card = train([*shards[:2], make_shard(9)], epochs=2)
    for mine, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(mine, other)
    assert first_card["curve"] == second_card["curve"]
    assert first_card["held_out"] != second_card["held_out"]


def test_two_shards_can_be_held_out(shards, make_shard):
    _, card = train(shards, epochs=1, held_out_shards=2)
    assert card["training_shards"] == 1
    assert card["held_out"]["windows"] == 4


def test_one_shard_is_open_at_a_time(shards, monkeypatch):
    opened, most = [], []

    @contextmanager
    def counting(path):
        opened.append(path)
        most.append(len(opened))
        with open_shard(path) as trials:
            yield trials
        opened.remove(path)

    monkeypatch.setattr(meta_training, "open_shard", counting)
    train(shards, epochs=2)
    assert most == [1] * (2 * 2 + 1)


def test_no_more_weights_of_a_window_are_used_than_asked_for(shards, monkeypatch):
    seen = []
    steps = meta_training._steps

    def counting(model, optimizer, history_NS, *others):
        seen.append(tuple(history_NS.shape))
        return steps(model, optimizer, history_NS, *others)

    monkeypatch.setattr(meta_training, "_steps", counting)
    train(shards, epochs=1, weights_per_window=30)
    # Two windows a trial, two trials in one shard and one in the other.
    assert sorted(seen) == [(60, 3), (120, 3)]


def test_a_shard_without_such_tensors_is_passed_over(make_shard):
    _, card = train([make_shard(0), make_shard(1, kind="conv"), make_shard(2)])
    assert card["held_out"]["windows"] == 2


def test_held_out_shards_without_such_tensors_give_no_score(make_shard):
    _, card = train([make_shard(0), make_shard(1, kind="conv")], epochs=1)
    assert card["held_out"] == {"known": None, "linear": None, "windows": 0}


def test_a_kind_that_no_shard_has_is_refused(shards):
    with pytest.raises(KnowError, match="of kind 'bias' to train on, found none in 2"):
        meta_train(shards, "bias", SETTINGS, device=CPU)


def test_windows_longer_than_the_trajectories_are_refused(shards):
    with pytest.raises(KnowError, match="wanted windows of 6 stages"):
        train(shards, stages=NUM_STAGES)


@pytest.mark.parametrize("held_out", [0, 3, 4])
def test_shards_are_needed_on_both_sides(shards, held_out):
    with pytest.raises(KnowError, match=f"found {held_out} to hold out of 3"):
        train(shards, held_out_shards=held_out)


@pytest.mark.parametrize("learning_rate", [1e30, float("inf")])
def test_a_model_that_diverges_is_refused(shards, learning_rate):
    with pytest.raises(DivergedError, match=r"KNOWN \(fc\) diverged in epoch 1, "):
        train(shards, learning_rate=learning_rate)


def test_constant_weights_do_not_break_the_yardstick(tmp_path):
    still = replace(linear_trial(0), states=[{"weight": torch.zeros(5)}] * NUM_STAGES)
    for name in ("a.zarr.zip", "b.zarr.zip"):
        write_shard(tmp_path / name, [still])
    _, card = train([tmp_path / "a.zarr.zip", tmp_path / "b.zarr.zip"], epochs=1)
    assert card["held_out"]["linear"] == 0
