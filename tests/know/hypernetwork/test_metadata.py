import logging
from dataclasses import asdict, replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from know.data.arrays import image_dataset
from know.data.subsets import stage_sizes
from know.errors import DivergedError, KnowError
from know.forgetting.ladder import Ladder
from know.hypernetwork.metadata import MetaDataSettings, collect_trials, draw_trial
from know.store.shards import open_shard, write_shard

SETTINGS = MetaDataSettings(
    hypernetwork="small",
    families=[
        {"architecture": "simplenet", "options": {"width": 2}},
        {"architecture": "simplenet", "options": {"width": 2, "norm": True}},
    ],
    stages=4,
    epochs=1,
    images=60,
    rate=[0.5, 0.9],
    learning_rate=[0.0001, 0.004],
    smallest_batch=4,
    augmentation="none",
)
CPU = torch.device("cpu")

# Threads that wait for each other cost more than networks this small.
torch.set_num_threads(1)


def trials(settings=SETTINGS, *, count=200, num_datasets=2):
    return [draw_trial(settings, n, num_datasets=num_datasets) for n in range(count)]


def all_but(trial, *names):
    return {name: value for name, value in asdict(trial).items() if name not in names}


class TestDrawTrial:
    def test_the_same_number_gives_the_same_trial(self):
        assert trials() == trials()

    def test_numbers_give_different_trials(self):
        assert len({trial.rate for trial in trials()}) == 200
        assert len({trial.seed for trial in trials()}) == 200

    def test_hypernetworks_do_not_share_their_trials(self):
        other = replace(SETTINGS, hypernetwork="other")
        assert draw_trial(SETTINGS, 0, num_datasets=2).seed != (
            draw_trial(other, 0, num_datasets=2).seed
        )

    def test_rates_and_learning_rates_fill_their_bounds(self):
        rates = [trial.rate for trial in trials()]
        assert min(rates) == pytest.approx(0.5, abs=0.02)
        assert max(rates) == pytest.approx(0.9, abs=0.02)
        assert 0.5 <= min(rates) <= max(rates) <= 0.9
        learning_rates = [trial.learning_rate for trial in trials()]
        assert 0.0001 <= min(learning_rates) < 0.0003
        assert 0.0038 < max(learning_rates) <= 0.004

    def test_every_family_and_data_set_is_drawn(self):
        drawn = [("norm" in t.options, t.dataset) for t in trials()]
        counts = [drawn.count((norm, d)) for norm in (False, True) for d in (0, 1)]
        assert all(30 < count < 70 for count in counts)

    def test_batches_lie_between_the_smallest_batch_and_the_smallest_subset(self):
        for trial in trials():
            smallest = stage_sizes(60, rate=trial.rate, stages=4)[-1]
            assert 4 <= trial.batch_size <= smallest

    def test_a_subset_smaller_than_the_smallest_batch_is_the_batch(self):
        for trial in trials(replace(SETTINGS, smallest_batch=1000), count=20):
            assert trial.batch_size == stage_sizes(60, rate=trial.rate, stages=4)[-1]

    def test_subsets_of_one_image_can_be_drawn(self):
        tiny = replace(SETTINGS, images=8, rate=[0.5, 0.5])
        assert {trial.batch_size for trial in trials(tiny, count=20)} == {1}

    def test_a_subset_without_an_image_is_refused(self):
        tiny = replace(SETTINGS, images=7, rate=[0.5, 0.5])
        with pytest.raises(KnowError, match="none left at stage 3 of 7 images"):
            draw_trial(tiny, 0, num_datasets=2)

    def test_bounds_of_the_learning_rate_change_nothing_else(self):
        other = trials(replace(SETTINGS, learning_rate=[1, 2]))
        for trial, changed in zip(trials(), other, strict=True):
            assert all_but(trial, "learning_rate") == all_but(changed, "learning_rate")

    def test_bounds_of_the_rate_change_nothing_but_rate_and_batch(self):
        other = trials(replace(SETTINGS, rate=[0.3, 0.4]))
        for trial, changed in zip(trials(), other, strict=True):
            changing = ("rate", "batch_size")
            assert all_but(trial, *changing) == all_but(changed, *changing)

    def test_further_families_change_nothing_but_the_family(self):
        families = [*SETTINGS.families, {"architecture": "resnet-small"}]
        other = trials(replace(SETTINGS, families=families))
        for trial, changed in zip(trials(), other, strict=True):
            changing = ("architecture", "options")
            assert all_but(trial, *changing) == all_but(changed, *changing)

    def test_further_data_sets_change_nothing_but_the_data_set(self):
        for trial, changed in zip(trials(), trials(num_datasets=5), strict=True):
            assert all_but(trial, "dataset") == all_but(changed, "dataset")


@pytest.fixture
def datasets():
    """Two data sets of 60 noisy images of two brightnesses."""
    rng = np.random.default_rng(0)

    def split(count):
        labels = np.arange(count) % 2
        noise = rng.integers(0, 100, (count, 16, 16, 3))
        return (noise + 100 * labels[:, None, None, None]).astype(np.uint8), labels

    return [
        image_dataset(
            name,
            train=split(60),
            test=split(10),
            class_names=("dark", "bright"),
            settings={},
        )
        for name in ("first", "second")
    ]


def collect(datasets, numbers, settings=SETTINGS):
    return list(collect_trials(settings, datasets, numbers, device=CPU, code="abc"))


@pytest.fixture
def calls(monkeypatch):
    """What each call of `Ladder.train_stage` was given, and copies of its outcome."""
    calls = []
    train_stage = Ladder.train_stage

    def spy(ladder, **options):
        start = {n: v.clone() for n, v in (options["start"] or {}).items()}
        result = train_stage(ladder, **options)
        state = {name: value.clone() for name, value in result.state.items()}
        calls.append({**options, "start": start, "state": state})
        return result

    monkeypatch.setattr(Ladder, "train_stage", spy)
    return calls


def same(state, other):
    return state.keys() == other.keys() and all(
        torch.equal(state[name], other[name]) for name in state
    )


class TestCollectTrials:
    def test_each_stage_goes_on_from_the_one_before(self, datasets, calls):
        collect(datasets, [0])
        assert [call["stage"] for call in calls] == [0, 1, 2, 3]
        assert calls[0]["start"] == {}
        assert calls[0]["moments"] is None
        for before, after in pairwise(calls):
            assert same(after["start"], before["state"])
            assert after["moments"]

    def test_stages_see_ever_fewer_images(self, datasets, calls):
        (trial,) = collect(datasets, [0])
        wanted = stage_sizes(60, rate=trial.attributes.settings["rate"], stages=4)
        assert [call["samples"] for call in calls] == wanted
        assert [stage.samples for stage in trial.attributes.stages] == wanted

    def test_further_training_does_not_overwrite_a_stage(self, datasets, calls):
        (trial,) = collect(datasets, [0])
        assert len(trial.states) == 4
        for state, call in zip(trial.states, calls, strict=True):
            assert same(state, call["state"])
        assert not same(trial.states[0], trial.states[1])

    def test_attributes_hold_what_was_drawn(self, datasets):
        (trial,) = collect(datasets, [3])
        drawn = draw_trial(SETTINGS, 3, num_datasets=2)
        assert trial.attributes.run == "small-0003"
        assert trial.attributes.seed == drawn.seed
        assert trial.attributes.code_version == "abc"
        assert trial.attributes.settings == {
            "architecture": "simplenet",
            "batch_size": drawn.batch_size,
            "dataset": ["first", "second"][drawn.dataset],
            "learning_rate": drawn.learning_rate,
            "options": dict(drawn.options),
            "rate": drawn.rate,
        }
        for stage in trial.attributes.stages:
            assert stage.epochs == 1
            assert stage.learning_rate == drawn.learning_rate
            assert 0 <= stage.accuracy <= 100

    def test_a_trial_does_not_depend_on_its_shard(self, datasets):
        alone = collect(datasets, [1])[0]
        second = collect(datasets, [0, 1])[1]
        assert all(map(same, alone.states, second.states))

    def test_a_diverged_trial_is_logged_and_left_out(
        self, datasets, monkeypatch, caplog
    ):
        train_stage = Ladder.train_stage

        def diverging(ladder, **options):
            if ladder.settings.network == "small-0001" and options["stage"] == 2:
                raise DivergedError("the loss became nan")
            return train_stage(ladder, **options)

        monkeypatch.setattr(Ladder, "train_stage", diverging)
        with caplog.at_level(logging.WARNING, logger="know"):
            found = collect(datasets, [0, 1, 2])
        assert [t.attributes.run for t in found] == ["small-0000", "small-0002"]
        assert "trial 1 is left out: the loss became nan" in caplog.text

    def test_a_trial_whose_last_step_ruins_the_weights_is_left_out(
        self, datasets, monkeypatch, caplog
    ):
        train_stage = Ladder.train_stage

        def ruined(ladder, **options):
            result = train_stage(ladder, **options)
            result.state["head.bias"][0] = float("inf")
            return result

        monkeypatch.setattr(Ladder, "train_stage", ruined)
        assert collect(datasets, [0]) == []
        assert "stage 0 ends in weights that are not finite" in caplog.text

    def test_another_error_is_not_swallowed(self, datasets):
        with pytest.raises(KnowError, match="wants 61 training images"):
            collect(datasets, [0], replace(SETTINGS, images=61))

    def test_trials_fit_into_a_shard(self, datasets, tmp_path):
        found = collect(datasets, [0, 1])
        write_shard(tmp_path / "shard.zarr.zip", found)
        with open_shard(tmp_path / "shard.zarr.zip") as trajectories:
            assert [t.num_stages for t in trajectories] == [4, 4]
            assert same(trajectories[1].read_stage(3), found[1].states[3])
