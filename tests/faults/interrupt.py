"""Interrupt the smoke job at random moments, and compare its bytes with a whole run's.

    uv run python tests/faults/interrupt.py [--times 30] [--cores 2] [TARGET ...]

Each time Snakemake, or one of its jobs, gets SIGINT, SIGTERM or SIGKILL; then it is
started again, as a user would; after the end, from nothing. Prints each interruption,
what was left running, and every result that differs. Thirty take half an hour.
"""
# ruff: noqa: T201 - a command line tool prints what it finds.

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from test_same_bytes import descendants, results_of, send

from conftest import TARGETS, Workflow, copy_project

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
_LONGEST_WAIT = 60.0
"""Seconds within which an interrupted run has to end."""


def main() -> None:
    """Interrupt, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=30, help="interruptions")
    parser.add_argument("--cores", default="2")
    parser.add_argument("--seconds", type=float, default=12.0, help="longest between")
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    given = parser.parse_args()
    draw = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        whole = copy_project(Path(folder, "whole"))
        run = whole.snakemake("--cores", given.cores, targets=given.targets)
        assert run.returncode == 0, run.stdout
        times = 0
        while times < given.times:
            workflow = copy_project(Path(folder, f"after-{times}"))
            while times < given.times and interrupt(workflow, given, draw):
                times += 1
                workflow.snakemake("--unlock", targets=given.targets)
            finish(workflow, given)
            compare(workflow, whole)
            print(f"{times} interruptions", flush=True)


def finish(workflow: Workflow, given: argparse.Namespace) -> None:
    """Run what interruptions left undone."""
    words = ("--cores", given.cores, "--rerun-incomplete")
    run = workflow.snakemake(*words, targets=given.targets)
    assert run.returncode == 0, run.stdout


def compare(workflow: Workflow, whole: Workflow) -> None:
    """Print what differs from an undisturbed run, and what is left over."""
    wanted, found = results_of(whole.folder), results_of(workflow.folder)
    names = wanted.keys() | found.keys()
    differing = sorted(n for n in names if wanted.get(n) != found.get(n))
    left = [path.name for path in workflow.folder.rglob("*.partial")]
    print(f"different of {len(wanted)} results: {', '.join(differing) or 'none'}")
    print(f"partial files left: {', '.join(left) or 'none'}")


def interrupt(
    workflow: Workflow, given: argparse.Namespace, draw: random.Random
) -> bool:
    """Start a run and end it after a while; tell whether it was still running."""
    words = ("--cores", given.cores, "--rerun-incomplete")
    process = subprocess.Popen(
        workflow.command(*words, targets=given.targets),
        cwd=workflow.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(draw.uniform(2, given.seconds))
    if process.poll() is not None:
        return False
    main_process, *others = descendants(process.pid)
    jobs = [pid for pid in others if b".snakemake/scripts/" in command_of(pid)]
    number = draw.choice(SIGNALS)
    is_job = bool(jobs) and draw.random() < 0.5
    # Snakemake ends after a job that was killed; its other jobs end first.
    send(draw.choice(jobs) if is_job else main_process, number)
    try:
        process.wait(_LONGEST_WAIT)
    except subprocess.TimeoutExpired:
        send(process.pid, signal.SIGKILL)
        process.wait()
    time.sleep(1)
    orphans = [pid for pid in others if command_of(pid)]
    what = "a job" if is_job else "Snakemake"
    print(f"{what}, {number.name}: {len(orphans)} processes left", flush=True)
    for pid in orphans:
        send(pid, signal.SIGKILL)
    return True


def command_of(pid: int) -> bytes:
    """Return the command of a process, nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    main()
