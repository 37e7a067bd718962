from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
import torch

from know.errors import KnowError
from know.json_files import write_records
from know.randomness import seed_for
from know.records import ChosenRate
from know.tasks.task import Outcome
from know.tasks.trials import (
    choose_learning_rates,
    chosen_rates,
    run_trials,
)
from know.weights.checkpoint import load_checkpoint, save_checkpoint
from know.weights.kinds import tensor_kinds


@pytest.fixture
def run(setting, tmp_path):
    """Runs trials of candidates; progress of each call in a folder of its own."""
    folders = iter(range(100))

    def run(*candidates, trials=(0,), learning_rates=None, setting=setting, resume=""):
        scores, _ = run_trials(
            candidates,
            trials,
            setting,
            resume=tmp_path / (resume or f"resume-{next(folders)}"),
            learning_rates=learning_rates or {},
        )
        return scores

    return run


class TestSeeds:
    def test_a_trial_is_seeded_by_task_pretraining_and_number_alone(
        self, run, make_candidate
    ):
        scores = run(
            make_candidate(),
            make_candidate(run="r1", method="known", horizon=2, factor=4.0),
            trials=(0, 1),
        )
        seeds = [score.seed for score in scores]
        assert seeds == [
            seed_for("trial", "downstream", 0, trial) for trial in (0, 1, 0, 1)
        ]

    def test_the_same_weights_score_the_same_under_any_name(self, run, make_candidate):
        one, other = run(make_candidate(), make_candidate(run="r1", method="known"))
        assert one.curve == other.curve


class TestScores:
    def test_say_what_was_measured_on_what(self, run, make_candidate, base):
        (score,) = run(
            make_candidate(run="r7", method="known", horizon=2, factor=4.0),
            trials=(3,),
        )
        checksum = load_checkpoint(base)[1]["sha256"]
        assert (score.run, score.method, score.horizon) == ("r7", "known", 2)
        assert (score.factor, score.task, score.trial) == (4.0, "downstream", 3)
        assert score.metric == "accuracy"
        assert score.digests == {"train": "11", "test": "22", "weights": checksum}
        assert "torch" in score.versions
        assert score.seconds > 0

    def test_come_candidate_by_candidate_and_trial_by_trial(self, run, make_candidate):
        scores = run(make_candidate(), make_candidate(method="known"), trials=(4, 2))
        found = [(score.method, score.trial) for score in scores]
        assert found == [("naive", 4), ("naive", 2), ("known", 4), ("known", 2)]

    def test_come_with_samples_by_horizon_and_trial(
        self, make_candidate, setting, tmp_path
    ):
        candidates = [make_candidate(), make_candidate(method="known", horizon=2)]
        scores, samples = run_trials(
            candidates, (0, 3), setting, resume=tmp_path, learning_rates={}
        )
        assert list(samples) == [
            f"n{horizon}/trial{trial}/classes" for horizon in (0, 2) for trial in (0, 3)
        ]
        assert all(len(classes) == 20 for classes in samples.values())
        assert len(scores) == 4

    def test_are_as_many_as_a_task_has_metrics(self, run, make_candidate, setting):
        outcome = Outcome(curves={"miou": [1.0, 2.0], "other": [3.0]}, seconds=1.0)
        task = SimpleNamespace(finetune=lambda *_, **__: outcome)
        scores = run(make_candidate(), setting=replace(setting, task=task))
        found = [(score.metric, score.value, score.curve) for score in scores]
        assert found == [("miou", 2.0, [1.0, 2.0]), ("other", 3.0, [3.0])]
        assert outcome.value == 2.0

    def test_compare_weights_with_the_base_over_predicted_tensors(
        self, run, make_candidate, state, tmp_path
    ):
        path = tmp_path / "double.safetensors"
        doubled = {
            name: value if name.startswith("body.1.") else 2 * value
            for name, value in state.items()
        }
        save_checkpoint(path, doubled, {})
        naive, known = run(make_candidate(), make_candidate(method="k", path=path))
        assert naive.comparison.norm_ratio == naive.comparison.cosine == 1
        assert naive.comparison.step_ratio == 0
        assert known.comparison.norm_ratio == pytest.approx(2)
        assert known.comparison.cosine == pytest.approx(1)
        assert known.comparison.step_ratio == pytest.approx(1)

    def test_use_the_learning_rate_that_was_chosen_for_the_horizon(
        self, run, make_candidate
    ):
        scores = run(
            make_candidate(),
            make_candidate(method="known", horizon=1),
            learning_rates={0: 0.01, 1: 0.05},
        )
        assert [score.learning_rate for score in scores] == [0.01, 0.05]


class TestZeroShot:
    def test_is_the_accuracy_of_the_weights_before_fine_tuning(
        self, run, make_candidate, setting, ladder, theta, tmp_path
    ):
        path = tmp_path / "theta.safetensors"
        save_checkpoint(path, theta, {"kinds": list(tensor_kinds(theta).items())})
        setting = replace(setting, base=path, pretraining=ladder)
        scores = run(make_candidate(path=path), trials=(0, 1), setting=setting)
        odd = ladder.test.part(torch.arange(1, 20, 2))
        network = ladder.network(theta).eval()
        classes = network(odd.batch(torch.arange(10)).inputs_BCHW).argmax(1)
        wanted = 10 * int((classes == odd.labels_N).sum())
        assert [score.zero_shot for score in scores] == [wanted, None]

    def test_is_not_measured_where_the_pretraining_is_not_read(
        self, run, make_candidate
    ):
        (score,) = run(make_candidate())
        assert score.zero_shot is None


class TestProgress:
    def test_finished_trials_are_not_run_again(self, run, make_candidate, caplog):
        first = run(make_candidate(), trials=(0, 1), resume="kept")
        with caplog.at_level("INFO", "know"):
            again = run(make_candidate(), trials=(0, 1), resume="kept")
        assert caplog.messages.count("resuming after epoch 3") == 2
        assert [s.curve for s in again] == [s.curve for s in first]

    @pytest.mark.parametrize("changed", ["purpose", "weights", "learning rate"])
    def test_of_another_trial_is_passed_over(
        self, run, make_candidate, setting, state, tmp_path, caplog, changed
    ):
        path = tmp_path / "other.safetensors"
        save_checkpoint(path, state, {"stage": 1})
        run(make_candidate(), resume="kept")
        with caplog.at_level("INFO", "know"):
            run(
                make_candidate(**({"path": path} if changed == "weights" else {})),
                learning_rates={0: 0.5} if changed == "learning rate" else {},
                setting=replace(setting, purpose="another")
                if changed == "purpose"
                else setting,
                resume="kept",
            )
        assert "starting afresh" in caplog.messages[0]


class FakeTask:
    """Scores by learning rate and trial, and remembers how it was asked."""

    def __init__(self, scores, trial_of_seed):
        self.scores, self.trial_of_seed = scores, trial_of_seed
        self.splits = []

    def with_validation(self, share, *, seed):
        self.splits.append((share, seed))
        return self

    def finetune(self, _state, settings, *, seed, calibration, progress):
        assert calibration is None
        trial = self.trial_of_seed[seed]
        return SimpleNamespace(value=self.scores[settings.learning_rate][trial])


class TestLearningRates:
    @pytest.fixture
    def choose(self, setting, make_candidate, tmp_path):
        """Chooses among rates whose score in each trial is given."""

        def choose(scores, **changes):
            seeds = {
                seed_for("learning-rate choice", "downstream", trial): trial
                for trial in range(2)
            }
            task = FakeTask(scores, seeds)
            chosen = choose_learning_rates(
                [make_candidate(horizon=1), make_candidate(horizon=2)],
                replace(setting, task=task, **changes),
                grid=list(scores),
                share=0.2,
                trials=2,
                resume=tmp_path,
            )
            assert len(task.splits) == 1
            return {each.horizon: each.learning_rate for each in chosen}

        return choose

    def test_the_best_mean_wins(self, choose):
        scores = {0.1: (90.0, 10.0), 0.01: (60.0, 50.0), 0.001: (50.0, 50.0)}
        assert choose(scores) == {1: 0.01, 2: 0.01}

    def test_the_lowest_mean_wins_where_lower_is_better(self, choose):
        scores = {0.1: (90.0, 10.0), 0.01: (60.0, 50.0), 0.001: (50.0, 50.0)}
        assert choose(scores, lower_is_better=True) == {1: 0.001, 2: 0.001}

    def test_of_two_that_tie_the_smaller_wins(self, choose):
        scores = {0.1: (50.0, 70.0), 0.01: (80.0, 40.0), 0.001: (59.0, 60.0)}
        assert choose(scores) == {1: 0.01, 2: 0.01}

    def test_are_chosen_without_the_test_split(self, setting, make_candidate, tmp_path):
        blind = replace(setting, task=replace(setting.task, test=None))
        (chosen,) = choose_learning_rates(
            [make_candidate(horizon=1)],
            blind,
            grid=[0.1, 0.01],
            share=0.25,
            trials=1,
            resume=tmp_path,
        )
        assert (chosen.method, chosen.horizon) == ("naive", 1)
        assert chosen.learning_rate in (0.1, 0.01)

    def test_travel_as_json(self, tmp_path, make_candidate):
        candidates = [make_candidate(method="known", horizon=n) for n in (1, 2)]
        shared = {"run": candidates[0].run, "task": "downstream", "method": "known"}
        chosen = [
            ChosenRate(horizon=n, learning_rate=rate, **shared)
            for n, rate in ((1, 0.1), (2, 1e-5))
        ]
        path = tmp_path / "known.json"
        write_records(path, chosen)
        find = partial(chosen_rates, [str(path)], task="downstream")
        assert find(candidates) == {1: 0.1, 2: 1e-5}
        assert chosen_rates([], candidates, task="downstream") == {}
        other = make_candidate(method="tsv", horizon=1)
        with pytest.raises(KnowError, match="not those of the job") as refused:
            find([candidates[0], other])
        assert str(refused.value).splitlines()[1:] == [
            f"  - {other.run} downstream known (horizon 2): not asked for",
            f"  - {other.run} downstream tsv (horizon 1): missing",
        ]
