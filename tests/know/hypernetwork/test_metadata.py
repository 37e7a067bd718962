import logging
from copy import deepcopy
from dataclasses import asdict, replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from know import preemption
from know.data.arrays import image_dataset
from know.data.subsets import stage_sizes
from know.errors import DivergedError
from know.forgetting.ladder import Ladder
from know.hypernetwork.metadata import (
    MetaDataSettings,
    OptimizerDraw,
    collect_meta_runs,
    draw_meta_run,
)
from know.preemption import Preempted
from know.store.shards import LeftOutRun
from know.training.progress import Progress

SETTINGS = MetaDataSettings(
    metadata="small",
    families={
        "plain": {"architecture": "simplenet", "options": {"width": 2}},
        "norm": {"architecture": "simplenet", "options": {"width": 2, "norm": True}},
    },
    optimizers=[
        OptimizerDraw(
            optimizer="adam", learning_rate=[0.0001, 0.004], weight_decay=0.01
        ),
        OptimizerDraw(optimizer="sgd", learning_rate=[0.001, 0.01], weight_decay=0),
    ],
    schedules=["constant", "cosine"],
    stages=[4, 4],
    images=[30, 40],
    steps=[4, 8],
    smallest_subset=4,
    rate=[0.6, 0.9],
    smallest_batch=4,
    largest_batch=16,
    augmentations=["none"],
)
SIZES = [60, 60]
CPU = torch.device("cpu")


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


@pytest.fixture
def collect(datasets, tmp_path):
    folders = iter(range(100))

    def run(*numbers, settings=SETTINGS, **options):
        options = {"device": CPU, "code": "abc", **options}
        options.setdefault("resume", tmp_path / f"resume-{next(folders)}")
        return list(collect_meta_runs(settings, datasets, numbers, **options))

    return run


@pytest.fixture
def calls(monkeypatch):
    """Arguments of each call of `Ladder.train_stage`, and copies of its outcome."""
    calls = []
    train_stage = Ladder.train_stage

    def spy(ladder, **options):
        start = deepcopy(options["start"])
        result = train_stage(ladder, **options)
        state = {name: value.clone() for name, value in result.state.items()}
        calls.append({**options, "start": start, "state": state, "ladder": ladder})
        return result

    monkeypatch.setattr(Ladder, "train_stage", spy)
    return calls


def same(state, other):
    return state.keys() == other.keys() and all(
        torch.equal(state[name], other[name]) for name in state
    )


@pytest.fixture
def accuracies(monkeypatch):
    """Give stages these accuracies on D_0, and Theta_0 this curve on its way."""

    def give(*percent, late=()):
        train_stage = Ladder.train_stage

        def train(ladder, **options):
            result = train_stage(ladder, **options)
            accuracy = percent[min(options["stage"], len(percent) - 1)]
            curve = [*late, accuracy]
            facts = {**result.facts, "accuracy": accuracy}
            return replace(result, facts=facts, curve=curve)

        monkeypatch.setattr(Ladder, "train_stage", train)

    return give


@pytest.fixture(autouse=True)
def forgetting(accuracies):
    """Every network forgets, unless a test says otherwise."""
    accuracies(100.0, 20.0)


class TestUnused:
    @pytest.mark.parametrize(
        ("percent", "late", "reason"),
        [
            ((80.0, 20.0), [77.0], "not converged"),
            ((80.0, 20.0), [79.0], None),
            ((96.0, 20.0), [10.0], None),
            # A single epoch.
            ((80.0, 20.0), [], "not converged"),
            ((80.0, 90.0), [80.0], "does not forget"),
            ((80.0, 75.0), [80.0], "does not forget"),
        ],
    )
    def test_who_does_not_forget_after_convergence_is_unused(
        self, collect, accuracies, percent, late, reason
    ):
        accuracies(*percent, late=late)
        (trial,) = collect(0)
        assert trial.attributes.settings["unused"] == reason
        assert len(trial.states) == (2 if reason else 4)

    def test_theta_0_is_measured_after_three_quarters_of_its_epochs(
        self, collect, calls
    ):
        for number in range(8):
            del calls[:]
            collect(number, settings=replace(SETTINGS, steps=[20, 60]))
            first, *later = calls
            (phase,) = first["ladder"].settings.training.phases
            measured = [
                epoch
                for epoch in range(1, phase.epochs + 1)
                if epoch % first["evaluate_every"] == 0 or epoch == phase.epochs
            ]
            assert measured == [3 * phase.epochs // 4, phase.epochs]
            assert not any(call["evaluate_every"] for call in later)


class TestStages:
    def test_each_goes_on_from_the_one_before(self, collect, calls):
        collect(0)
        assert [call["stage"] for call in calls] == [0, 1, 2, 3]
        assert {call["purpose"] for call in calls} == {"forgetting"}
        assert calls[0]["start"] is None
        for before, after in pairwise(calls):
            assert same(after["start"].state, before["state"])
            assert after["start"].optimizer_state

    def test_they_see_ever_fewer_images(self, collect, calls):
        (trial,) = collect(0)
        drawn = draw_meta_run(SETTINGS, 0, sizes=SIZES)
        wanted = stage_sizes(drawn.images, rate=drawn.rate, stages=4)
        assert [call["samples"] for call in calls] == wanted
        assert [stage.samples for stage in trial.attributes.stages] == wanted
        assert wanted[0] == len(calls[0]["ladder"].images)

    def test_further_training_does_not_overwrite_one(self, collect, calls):
        (trial,) = collect(0)
        assert len(trial.states) == 4
        for state, call in zip(trial.states, calls, strict=True):
            assert same(state, call["state"])
        assert not same(trial.states[0], trial.states[1])

    @pytest.mark.parametrize("number", [0, 1])
    def test_they_train_as_was_drawn(self, collect, calls, number):
        collect(number)
        drawn = draw_meta_run(SETTINGS, number, sizes=SIZES)
        settings = calls[0]["ladder"].settings
        assert settings.training == drawn.training
        assert settings.seed == drawn.seed
        assert settings.options == drawn.options


class TestTrials:
    def test_attributes_hold_what_was_drawn(self, collect):
        (trial,) = collect(3)
        drawn = draw_meta_run(SETTINGS, 3, sizes=SIZES)
        assert trial.attributes.run == "small-00003"
        assert trial.attributes.seed == drawn.seed
        assert trial.attributes.code_version == "abc"
        wanted = asdict(drawn)
        del wanted["seed"], wanted["stages"]
        wanted["dataset"] = ["first", "second"][drawn.dataset]
        assert trial.attributes.settings == {**wanted, "unused": None}
        for stage in trial.attributes.stages:
            assert stage.epochs == drawn.epochs
            assert stage.learning_rate == drawn.learning_rate
            assert 0 <= stage.accuracy <= 100
            assert 0 <= stage.test_accuracy <= 100

    def test_a_trial_does_not_depend_on_its_shard(self, collect):
        (alone,) = collect(1)
        _, second = collect(0, 1)
        assert all(map(same, alone.states, second.states))

    def test_after_a_warning_no_stage_is_trained_twice(
        self, collect, tmp_path, warn, monkeypatch
    ):
        wanted = collect(0, 1)
        resume, saved = tmp_path / "resume", []
        save = Progress.save

        def count(progress, *content):
            save(progress, *content)
            saved.append(progress.path)
            if len(saved) == 6:
                warn()

        monkeypatch.setattr(Progress, "save", count)
        with pytest.raises(Preempted):
            collect(0, 1, resume=resume)
        assert len(saved) < 8
        monkeypatch.setattr(preemption, "_received", [])
        found = collect(0, 1, resume=resume)
        # Each once when it ended, and that of the warning in its middle.
        assert len(saved) <= 8 + 1
        for trial, its in zip(found, wanted, strict=True):
            assert all(map(same, trial.states, its.states))
            assert trial.attributes == its.attributes


class TestDivergence:
    @pytest.fixture
    def diverging(self, monkeypatch):
        """Trial 1 diverges at stage 2."""
        train_stage = Ladder.train_stage

        def train(ladder, **options):
            if ladder.settings.network == "small-00001" and options["stage"] == 2:
                raise DivergedError("the loss became nan")
            return train_stage(ladder, **options)

        monkeypatch.setattr(Ladder, "train_stage", train)

    def test_a_diverged_trial_is_recorded_and_left_out(
        self, collect, diverging, caplog
    ):
        with caplog.at_level(logging.WARNING, logger="know"):
            first, second, third = collect(0, 1, 2)
        runs = [trial.attributes.run for trial in (first, third)]
        assert runs == ["small-00000", "small-00002"]
        drawn = draw_meta_run(SETTINGS, 1, sizes=SIZES)
        assert isinstance(second, LeftOutRun)
        assert second.number == 1
        assert second.reason == "the loss became nan"
        assert second.settings["rate"] == drawn.rate
        assert second.settings["learning_rate"] == drawn.learning_rate
        assert second.settings.keys() | {"unused"} == first.attributes.settings.keys()
        assert "meta-run 1 is left out: the loss became nan" in caplog.text

    def test_a_trial_whose_last_step_ruins_the_weights_is_left_out(
        self, collect, monkeypatch
    ):
        train_stage = Ladder.train_stage

        def ruined(ladder, **options):
            result = train_stage(ladder, **options)
            result.state["head.bias"][0] = float("inf")
            return result

        monkeypatch.setattr(Ladder, "train_stage", ruined)
        (trial,) = collect(0)
        assert trial.reason == "stage 0 ends in weights that are not finite"

    def test_a_learning_rate_beyond_measure_does_diverge(self, collect):
        wild = OptimizerDraw(optimizer="sgd", learning_rate=[1e9, 1e9], weight_decay=0)
        (trial,) = collect(0, settings=replace(SETTINGS, optimizers=[wild]))
        assert isinstance(trial, LeftOutRun)
        assert trial.settings["learning_rate"] == 1e9
