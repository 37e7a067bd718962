"""Warnings that a job has to end, and how it ends so that the next attempt goes on.

Slurm warns by SIGTERM before it preempts a job, and by the signal of `--signal` before
a time limit; SIGUSR1 is the usual one.
"""

import multiprocessing
import os
import signal
import subprocess
from types import FrameType

AGAIN = 75
"""Exit status of a job that wants to be started again (EX_TEMPFAIL of sysexits.h)."""
WARNINGS = (signal.SIGTERM, signal.SIGUSR1)
_PATIENCE = 10.0
"""Longest wait for an answer of Slurm in seconds."""

_received: list[signal.Signals] = []


class Preempted(SystemExit):
    """The job was warned, and what it has done so far is kept."""


def heed_warnings() -> None:
    """From now on a warning does not end this process; `leave_if_warned` does."""
    for number in WARNINGS:
        signal.signal(number, _receive)


def ignore_warnings() -> None:
    """From now on a warning does nothing; another process decides when to leave."""
    for number in WARNINGS:
        signal.signal(number, signal.SIG_IGN)


def _receive(number: int, _frame: FrameType | None) -> None:
    _received.append(signal.Signals(number))
    # Whoever warned this process need not have warned those that train for it.
    for child in multiprocessing.active_children():
        if child.pid:
            os.kill(child.pid, number)


def is_warned() -> bool:
    """Tell whether this process has been warned."""
    return bool(_received)


def leave_if_warned() -> None:
    """Leave after a warning.

    Raises:
        Preempted: with the status that means "again".
    """
    if _received:
        raise Preempted(AGAIN)


def ask_slurm_to_requeue() -> bool:
    """Have Slurm put this job back into its queue; tell whether it does.

    Not a job that Slurm is ending: `scontrol requeue` would revive a cancelled one.
    """
    job = os.environ.get("SLURM_JOB_ID")
    if not job:
        return False
    try:
        state = _answer("squeue", "--noheader", "--format=%T", "--jobs", job)
        if state != "RUNNING":
            return False
        _answer("scontrol", "requeue", job)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _answer(*command: str) -> str:
    finished = subprocess.run(  # noqa: S603 - a list of words, no shell
        command, capture_output=True, text=True, check=True, timeout=_PATIENCE
    )
    return finished.stdout.strip()
