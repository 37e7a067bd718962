import pytest
import torch

from know.training.progress import Progress


@pytest.fixture
def path(tmp_path):
    return tmp_path / "resume" / "stage-1.safetensors"


@pytest.fixture
def saved(path):
    progress = Progress(path, {"rate": 0.5})
    progress.save({"weight": torch.arange(3.0)}, {"epochs": 2})
    return progress


def test_what_was_saved_is_loaded_by_the_same_purpose(path, saved):
    tensors, facts = Progress(path, {"rate": 0.5}).load()
    assert tensors["weight"].tolist() == [0, 1, 2]
    assert facts["epochs"] == 2


def test_the_digest_does_not_depend_on_the_order_of_keys(path):
    one = Progress(path, {"a": 1, "b": 2})
    assert one.digest == Progress(path, {"b": 2, "a": 1}).digest
    assert one.digest != Progress(path, {"a": 2, "b": 1}).digest


def test_another_purposes_file_is_passed_over(path, saved, caplog):
    with caplog.at_level("INFO", "know"):
        assert Progress(path, {"rate": 0.25}).load() is None
    assert "belongs to other settings, starting afresh" in caplog.text


def test_it_is_due_once_the_interval_has_passed(path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("know.training.progress.time.monotonic", lambda: now[0])
    progress = Progress(path, "purpose", interval=2.0)
    progress.save({}, {})
    now[0] = 101.9
    assert not progress.is_due()
    now[0] = 102.0
    assert progress.is_due()


def test_a_long_writing_puts_the_next_one_off(path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("know.training.progress.time.monotonic", lambda: now[0])

    def write_slowly(*_):
        now[0] += 3

    monkeypatch.setattr("know.training.progress.save_checkpoint", write_slowly)
    progress = Progress(path, "purpose", interval=2.0, share=0.1)
    progress.save({}, {})
    now[0] += 29
    assert not progress.is_due()
    now[0] += 1
    assert progress.is_due()
