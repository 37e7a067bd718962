from types import SimpleNamespace

import pytest
import torch

from know.forgetting.stages import forget, pretrain, save_stage
from know.training.progress import Progress
from know.weights.checkpoint import load_checkpoint, save_checkpoint

CPU = torch.device("cpu")
PHASE = {"learning_rate": 0.01, "schedule": "cosine"}


@pytest.fixture
def start(make_ladder):
    return make_ladder().train_stage(samples=24, purpose="pretraining", stage=0)


@pytest.fixture
def start_files(start, tmp_path):
    """Files of the weights and of the optimizer_state of stage 0."""
    files = tmp_path / "weights.safetensors", tmp_path / "optimizer_state.safetensors"
    save_checkpoint(files[0], start.state, start.facts)
    save_checkpoint(files[1], start.optimizer_state, start.facts)
    return files


@pytest.fixture
def run(dataset_file, config, start_files, tmp_path):
    """Trains stage 2 of three at rate 1/2."""

    def run(name="progress"):
        return forget(
            dataset_file,
            config,
            start_files,
            schedule=(0.5, 3, 2),
            resume=tmp_path / f"{name}.safetensors",
            purpose={"code": "1"},
            device=CPU,
        )

    return run


def test_pretraining_is_stage_0_on_all_of_d_0(
    dataset_file, config, start, tmp_path, same
):
    resume = tmp_path / "resume.safetensors"
    found = pretrain(dataset_file, config, resume=resume, purpose={}, device=CPU)
    same(found.state, start.state)
    same(found.optimizer_state, start.optimizer_state)
    assert found.facts == start.facts
    assert resume.exists()


class TestAverages:
    @pytest.fixture
    def checksums(self, dataset_file, config, tmp_path):
        """A maker of the checksums of all that a pre-training leaves, by name."""

        def checksums(name, *, wants_averages=True):
            trained = pretrain(
                dataset_file,
                config,
                resume=tmp_path / f"{name}.safetensors",
                purpose={},
                device=CPU,
                wants_averages=wants_averages,
            )
            names = ("weights", "optimizer_state", "ema", "swa")
            files = {n: tmp_path / f"{name}-{n}.safetensors" for n in names}
            save_stage(trained, SimpleNamespace(**files))
            made = {n: path for n, path in files.items() if path.exists()}
            return {n: load_checkpoint(path)[1]["sha256"] for n, path in made.items()}

        return checksums

    def test_leave_the_files_of_the_pretraining_as_they_are(self, checksums):
        alone = checksums("alone", wants_averages=False)
        beside = checksums("beside")
        assert set(beside) - set(alone) == {"ema", "swa"}
        assert {name: beside[name] for name in alone} == alone

    def test_of_a_killed_training_are_those_of_an_uninterrupted_one(
        self, checksums, monkeypatch
    ):
        wanted = checksums("uninterrupted")
        save, saved = Progress.save, []

        def save_and_die(self, tensors, facts):
            save(self, tensors, facts)
            saved.append(facts)
            raise KeyboardInterrupt

        monkeypatch.setattr(Progress, "is_due", lambda _self: True)
        monkeypatch.setattr(Progress, "save", save_and_die)
        # Two epochs of four steps, each kept; then the end of each epoch.
        for _ in range(10):
            with pytest.raises(KeyboardInterrupt):
                checksums("killed")
        assert saved[-1]["epochs"] == 2
        monkeypatch.setattr(Progress, "save", save)
        assert checksums("killed") == wanted

    def test_state_what_they_are_of(self, dataset_file, config, tmp_path):
        resume = tmp_path / "resume.safetensors"
        training = {**config["training"], "phases": [{**PHASE, "epochs": 8}]}
        averages = pretrain(
            dataset_file,
            {**config, "training": training},
            resume=resume,
            purpose={},
            device=CPU,
            wants_averages=True,
        ).averages
        facts = {name: facts for name, (_, facts) in averages.items()}
        assert (facts["ema"]["average"], facts["ema"]["decay"]) == ("ema", 0.999)
        assert (facts["swa"]["average"], facts["swa"]["first_epoch"]) == ("swa", 7)
        assert all(0 <= each["accuracy"] <= 100 for each in facts.values())


def test_a_stage_goes_on_from_weights_and_optimizer_state(
    run, start, make_ladder, same
):
    wanted = make_ladder().train_stage(
        samples=6, purpose="forgetting", stage=2, start=start
    )
    found = run()
    same(found.state, wanted.state)
    same(found.optimizer_state, wanted.optimizer_state)
    assert found.facts["samples"] == 6
    # Two epochs of four batches, then two of one.
    assert float(found.optimizer_state["step/head.bias"]) == 10


def test_a_killed_stage_ends_in_the_files_of_an_uninterrupted_one(
    run, monkeypatch, tmp_path
):
    save, written = Progress.save, []

    def save_and_die(self, tensors, facts):
        save(self, tensors, facts)
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "is_due", lambda _self: True)
    monkeypatch.setattr(Progress, "save", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        run("killed")
    monkeypatch.setattr(Progress, "save", save)
    for name in ("killed", "uninterrupted"):
        trained = run(name)
        path = tmp_path / "output.safetensors"
        checksums = [
            save_checkpoint(path, tensors, trained.facts)
            for tensors in (trained.state, trained.optimizer_state)
        ]
        written.append(checksums)
    assert written[0] == written[1]
