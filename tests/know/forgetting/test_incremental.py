import pytest
import torch

from know.forgetting.stages import train_incrementally
from know.training.progress import Progress


@pytest.fixture
def run(dataset_file, config, tmp_path):
    """Climbs from 6 over 12 to 24 images."""

    def run(folder="resume", purpose="purpose"):
        return train_incrementally(
            dataset_file,
            config,
            rate=0.5,
            stages=3,
            resume=tmp_path / folder,
            purpose={"given": purpose},
            device=torch.device("cpu"),
        )

    return run


def test_climbs_from_the_smallest_subset_to_d_0(run, make_ladder, same):
    ladder, wanted = make_ladder(), None
    for stage, samples in [(2, 6), (1, 12), (0, 24)]:
        wanted = ladder.train_stage(
            samples=samples, purpose="incremental", stage=stage, start=wanted
        )
    found = run()
    same(found.state, wanted.state)
    same(found.optimizer_state, wanted.optimizer_state)
    assert found.facts == {**wanted.facts, "incremental": [24, 12, 6]}


def test_resumes_at_the_subset_that_was_interrupted(run, monkeypatch, same, caplog):
    wanted = run("uninterrupted")
    save = Progress.save

    def save_and_die(self, tensors, facts):
        save(self, tensors, facts)
        if self.path.name == "stage-1.safetensors":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "save", save_and_die)
        with pytest.raises(KeyboardInterrupt):
            run()
    with caplog.at_level("INFO", "know"):
        found = run()
    same(found.state, wanted.state)
    same(found.optimizer_state, wanted.optimizer_state)
    assert caplog.messages.count("resuming after epoch 2") == 2
