import pytest

from know.preemption import ask_slurm_to_requeue


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """A maker of a Slurm in which job 7 has some state; returns its requeued jobs."""
    requeued = tmp_path / "requeued"
    requeued.touch()
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("SLURM_JOB_ID", "7")

    def make(state):
        for name, line in {
            "squeue": f'test "$4" = 7 && echo {state}',
            "scontrol": f'test "$1" = requeue && echo "$2" >> {requeued}',
        }.items():
            path = tmp_path / name
            path.write_text(f"#!/bin/sh\n{line}\n")
            path.chmod(0o755)
        return requeued

    return make


@pytest.mark.parametrize(
    ("state", "requeued"),
    [("RUNNING", ["7"]), ("CANCELLED", []), ("COMPLETING", []), ("TIMEOUT", [])],
)
def test_a_job_that_slurm_ends_is_not_revived(slurm, state, requeued):
    file = slurm(state)
    assert ask_slurm_to_requeue() == bool(requeued)
    assert file.read_text().split() == requeued


def test_without_an_answer_of_slurm_nothing_is_requeued(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert not ask_slurm_to_requeue()
    monkeypatch.delenv("SLURM_JOB_ID")
    assert not ask_slurm_to_requeue()
