import math
from dataclasses import replace

import pytest
import torch

from know import preemption
from know.errors import DivergedError, KnowError
from know.hypernetwork import meta_training
from know.hypernetwork.files import save
from know.hypernetwork.meta_training import MetaTraining, meta_train
from know.hypernetwork.roles import HeldOut
from know.preemption import Preempted
from know.training.progress import Progress

CPU = torch.device("cpu")
# Of four trials 0 and 1 are for training, 2 stops it early, 3 is held out.
HELD_OUT = HeldOut(every=4, families=["vit"], datasets=["digits"])
SETTINGS = MetaTraining(
    hypernetwork="small",
    model="known-plus",
    kind="fc",
    stages=3,
    epochs=4,
    batch_size=64,
    learning_rate=0.01,
    schedule="constant",
    weights_per_window=16,
    patience=100,
    shards_in_memory=2,
)


def turning(number, *, size=20, total=6):
    """Steps go on where little is forgotten, and turn back where much is.

    Stage 0 first. An even trial forgets much.
    """
    generator = torch.Generator().manual_seed(number)
    weight, step = torch.randn(2, size, generator=generator, dtype=torch.float64)
    stages = [weight]
    for _ in range(total - 1):
        step = step if number % 2 else -step
        stages.append(stages[-1] + step)
    return torch.stack(stages[::-1])


@pytest.fixture
def write_shard(tmp_path, make_drawn, make_facts, write_drawn):
    """A writer of the draws of some trials, one tensor each."""

    def write(*numbers, name="draws", tensors=None, kind="fc", **drawn):
        trials = [
            make_facts(number, rate=0.8 if number % 2 else 0.4, **drawn)
            for number in numbers
        ]
        tensors = tensors or [turning(number) for number in numbers]
        path = tmp_path / f"{name}-{'-'.join(map(str, numbers))}.safetensors"
        return write_drawn(path, kind, make_drawn(*tensors, trials=trials))

    return write


@pytest.fixture
def draws(write_shard):
    """Two shards of four trials."""
    return [write_shard(0, 1, 2, 3), write_shard(4, 5, 6, 7)]


def train(draws, *, progress=None, **changes):
    settings = replace(SETTINGS, **changes)
    return meta_train(draws, settings, HELD_OUT, device=CPU, progress=progress)


def assert_same(model, other):
    state, wanted = model.state_dict(), other.state_dict()
    assert [n for n in wanted if not torch.equal(state[n], wanted[n])] == []


class TestLearning:
    def test_the_loss_falls(self, draws):
        # Of one step alone no linear predictor can tell which way the next one goes.
        _, card = train(draws, stages=2, epochs=25)
        assert len(card["curve"]) == len(card["held_out_curve"]) == 25
        assert 0.8 < card["start_error"] < 1.3
        assert card["curve"][-1] < 0.5 * card["curve"][0]
        assert min(card["held_out_curve"]) < 0.5 * card["start_error"]

    @pytest.mark.parametrize("model", ["known", "wnn", "nino-mlp"])
    def test_every_model_learns(self, draws, model):
        _, card = train(draws, model=model, epochs=12, learning_rate=0.003)
        assert min(card["curve"][-3:]) < card["curve"][0]

    def test_without_epochs_only_the_closed_form_is_solved(self, draws):
        model, card = train(draws, model="linear-meta", epochs=0)
        assert card["curve"] == card["held_out_curve"] == []
        assert card["best_epoch"] == 0
        assert model.coefficients.abs().max() > 0.1
        assert not model.training

    def test_the_start_is_that_closed_form(self, draws):
        solved, card = train(draws, epochs=0)
        assert card["start_error"] != 1
        started, _ = train(draws, epochs=1, learning_rate=1e-30)
        assert torch.equal(started.linear, solved.linear)

    def test_another_hypernetwork_starts_and_draws_otherwise(self, draws):
        first, _ = train(draws, epochs=0)
        second, _ = train(draws, epochs=0, hypernetwork="other")
        assert not torch.equal(first.hidden, second.hidden)


class TestBestEpoch:
    @pytest.fixture
    def errors(self, monkeypatch):
        """The error on the stopping trials at the start and after each epoch."""
        errors = []
        given = iter(errors)
        monkeypatch.setattr(
            meta_training, "relative_errors", lambda model, windows: next(given)
        )
        return errors

    def test_the_weights_of_the_best_epoch_are_kept(self, draws, errors):
        errors += [9, 8, 5, 7, 6, 9, 8, 5]
        model, card = train(draws, epochs=4)
        assert card["best_epoch"] == 2
        assert card["start_error"] == 9
        assert card["held_out_curve"] == [8, 5, 7, 6]
        shorter, _ = train(draws, epochs=2)
        assert_same(model, shorter)

    def test_where_training_does_harm_the_start_is_kept(self, draws, errors):
        errors += [5, 6, 7, 5]
        model, card = train(draws, epochs=2)
        assert card["best_epoch"] == 0
        assert_same(model, train(draws, epochs=0)[0])

    @pytest.mark.parametrize(("patience", "epochs"), [(1, 3), (2, 4), (3, 8), (9, 8)])
    def test_a_training_waits_so_many_epochs(self, draws, errors, patience, epochs):
        errors += [9, 8, 7, 8, 7.5, 6, 7, 8, 9]
        _, card = train(draws, epochs=8, patience=patience)
        assert len(card["curve"]) == epochs


class KilledError(Exception):
    """The job's end before its time."""


class Fragile(Progress):
    """Progress of a job that is killed once so many epochs and steps were written."""

    end = (2, 0)

    def save(self, tensors, facts):
        super().save(tensors, facts)
        if (len(facts["curve"]), facts["steps"]) == self.end:
            raise KilledError


def at_every_step(kind, path):
    """Progress that is written however soon a step ends."""
    return kind(path, "a", interval=0, share=math.inf)


class TestResuming:
    @pytest.mark.parametrize("model", ["known-plus", "known", "linear-meta"])
    @pytest.mark.parametrize("end", [(2, 0), (1, 1)])
    def test_a_killed_training_ends_in_the_same_bytes(
        self, draws, model, tmp_path, end
    ):
        path = tmp_path / "resume.safetensors"
        fragile = at_every_step(Fragile, path)
        fragile.end = end
        with pytest.raises(KilledError):
            train(draws, model=model, progress=fragile)
        kept = at_every_step(Progress, path)
        resumed, card = train(draws, model=model, progress=kept)
        whole, whole_card = train(draws, model=model)
        assert card == whole_card
        save(tmp_path / "resumed", resumed, card)
        save(tmp_path / "whole", whole, whole_card)
        same = (tmp_path / "resumed").read_bytes() == (tmp_path / "whole").read_bytes()
        assert same

    def test_after_a_warning_no_step_is_taken_twice(
        self, draws, tmp_path, warn, monkeypatch
    ):
        steps, fatal = [], 0
        step = meta_training.Adam.step

        def count(adam, rate):
            step(adam, rate)
            steps.append(rate)
            if len(steps) == fatal:
                warn()

        monkeypatch.setattr(meta_training.Adam, "step", count)
        whole, _ = train(draws)
        taken = len(steps)
        fatal = taken // 2
        steps.clear()
        kept = Progress(tmp_path / "resume", "a", interval=math.inf)
        with pytest.raises(Preempted):
            train(draws, progress=kept)
        monkeypatch.setattr(preemption, "_received", [])
        resumed, _ = train(draws, progress=kept)
        assert_same(resumed, whole)
        assert len(steps) == taken

    def test_the_best_epoch_outlives_a_kill(self, draws, tmp_path, monkeypatch):
        errors = iter([9, 5, 6, 7, 8, 9, 5])
        monkeypatch.setattr(
            meta_training, "relative_errors", lambda model, windows: next(errors)
        )
        path = tmp_path / "resume.safetensors"
        with pytest.raises(KilledError):
            train(draws, progress=at_every_step(Fragile, path))
        model, card = train(draws, progress=at_every_step(Progress, path))
        assert card["best_epoch"] == 1
        assert_same(model, train(draws, epochs=1)[0])


class TestHeldOut:
    @pytest.mark.parametrize(
        ("numbers", "drawn"),
        [
            ([3], {}),
            ([0, 1], {"family": "vit"}),
            ([0, 1], {"dataset": "digits"}),
            ([0, 1], {"family": "vit", "dataset": "digits"}),
        ],
    )
    def test_held_out_trials_change_nothing(self, draws, write_shard, numbers, drawn):
        absurd = [1e6 * turning(50 + number) ** 3 for number in numbers]
        usual = [turning(60 + number) for number in numbers]
        found = [
            train(
                [*draws, write_shard(*numbers, name=name, tensors=tensors, **drawn)],
                epochs=2,
            )
            for name, tensors in (("usual", usual), ("absurd", absurd))
        ]
        assert_same(found[0][0], found[1][0])
        assert found[0][1] == found[1][1]

    def test_stopping_trials_are_measured_but_not_trained_on(self, draws, write_shard):
        found = []
        for name, tensor in (("usual", turning(6)), ("absurd", 1e6 * turning(9) ** 3)):
            shard = write_shard(6, name=name, tensors=[tensor])
            found.append(train([*draws, shard], epochs=2)[1])
        assert found[0]["curve"] == found[1]["curve"]
        assert found[0]["held_out_curve"] != found[1]["held_out_curve"]

    def test_the_card_tells_what_it_learnt_from(self, draws, write_shard):
        shards = [
            *draws,
            write_shard(8, family="cnn"),
            write_shard(9, dataset="scenes"),
            write_shard(10, family="vit"),
            write_shard(12, family="vit", dataset="digits"),
        ]
        _, card = train(shards, epochs=1)
        assert card["families"] == {"mlp": 5, "cnn": 1}
        assert card["datasets"] == {"shapes": 5, "scenes": 1}
        assert card["trials"] == {
            "training": 6,
            "stopping": 2,
            "trials": 2,
            "family": 1,
            "unused": 1,
        }
        assert card["hypernetwork"] == "small"
        assert card["kind"] == "fc"
        assert card["training"]["weights_per_window"] == 16


class TestPasses:
    def test_every_window_is_seen_once_an_epoch_with_so_many_weights(
        self, draws, monkeypatch
    ):
        seen = []
        draw = meta_training.Windows.draw

        def noting(windows, chosen_W, *, weights, generator):
            batch = draw(windows, chosen_W, weights=weights, generator=generator)
            seen.append(batch)
            return batch

        monkeypatch.setattr(meta_training.Windows, "draw", noting)
        monkeypatch.setattr(meta_training, "relative_errors", lambda *_: 1.0)
        train(draws, model="known", epochs=1)
        assert {batch.per_window for batch in seen} == {16}
        # Four training trials with three windows of three each.
        assert sum(len(batch.step_WH) for batch in seen) == 12
        # As many windows per step as its weights allow.
        assert [len(batch.step_WH) for batch in seen] == [4, 4, 4]

    def test_each_epoch_mixes_shards_anew(self, draws, write_shard, monkeypatch):
        read_draws, orders = meta_training.read_draws, []

        def noting(path, kind):
            orders.append(path.name)
            return read_draws(path, kind)

        monkeypatch.setattr(meta_training, "read_draws", noting)
        shards = [*draws, write_shard(8, 9), write_shard(12, 13)]
        train(shards, model="known", epochs=6, shards_in_memory=1)
        epochs = [tuple(orders[start : start + 4]) for start in range(4, 28, 4)]
        assert all(set(epoch) == set(orders[:4]) for epoch in epochs)
        assert len(set(epochs)) > 1

    def test_tensors_at_rest_are_not_trained_on(self, draws, write_shard):
        still = torch.full((6, 20), 0.3)
        shards = [write_shard(8, name=n, tensors=[still[:, :n]]) for n in (10, 20)]
        first, second = (train([*draws, shard], epochs=1)[0] for shard in shards)
        assert_same(first, second)


class TestRefusals:
    @pytest.mark.parametrize("model", ["known", "known-plus", "linear-meta"])
    @pytest.mark.parametrize("epochs", [0, 1])
    def test_trials_for_training_are_needed(self, write_shard, model, epochs):
        # KNOWN has no closed form, so that it asks for no trial before its first epoch.
        epochs = max(epochs, model == "known")
        with pytest.raises(KnowError, match=r"windows of 4 .*'fc' from training meta"):
            train([write_shard(2, 3)], model=model, epochs=epochs)

    def test_trials_for_stopping_are_needed(self, write_shard):
        with pytest.raises(
            KnowError, match=r"from stopping .* none that moves in 1 sh"
        ):
            train([write_shard(0, 1, 3)])

    def test_a_file_without_such_a_kind_is_refused(self, write_shard):
        empty = write_shard(0, 2, kind="bias")
        with pytest.raises(KnowError, match=r"wanted weights drawn .*found \[\]"):
            train([empty])

    def test_windows_longer_than_the_trajectories_are_refused(self, draws):
        with pytest.raises(KnowError, match="wanted windows of 7 stages"):
            train(draws, stages=6)

    def test_a_model_that_diverges_is_refused(self, draws):
        with pytest.raises(DivergedError, match=r"known-plus \(fc\) diverged in epoch"):
            train(draws, learning_rate=1e30)
