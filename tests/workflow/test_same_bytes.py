"""Neither the number of cores nor a kill leaves a trace in the bytes."""

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.workflow

TARGETS = ["results/table1.csv"]
TIMED = ("results/table1_times.csv", "results/resume/", "results/benchmarks/")
# The run is killed some seconds after it has made so many results, twice.
KILLED_AFTER = (10, 30)
MOST_SECONDS = 1200


def results_of(folder):
    """Content of every result, but of those about time and what killed jobs left."""
    found = {}
    for path in sorted((folder / "results").rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name.startswith(TIMED) or ".partial" in name:
            continue
        content = path.read_bytes()
        if name.startswith("results/scores/") and path.suffix == ".json":
            scores = json.loads(content)["records"]
            records = [{**score, "seconds": None} for score in scores]
            content = json.dumps(records).encode()
        found[name] = content
    return found


def descendants(pid):
    """Process `pid` and all that it started, at any depth."""
    children = {}
    for entry in Path("/proc").glob("[0-9]*"):
        # A process may end meanwhile.
        with contextlib.suppress(OSError):
            parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
            children.setdefault(int(parent), []).append(int(entry.name))
    found = [pid]
    for process in found:
        found += children.get(process, [])
    return found


def kill_tree(pid):
    """Stop a process and all that it started, so that none starts another; kill all."""
    stopped = set()
    while running := set(descendants(pid)) - stopped:
        for process in running:
            send(process, signal.SIGSTOP)
        stopped |= running
    for process in stopped:
        send(process, signal.SIGKILL)


def send(pid, signum):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signum)


def run_and_kill(workflow, results, delay):
    """Kill a run on one core, `delay` seconds after it has made so many results."""
    process = subprocess.Popen(
        workflow.command("--cores", "1", targets=TARGETS),
        cwd=workflow.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + MOST_SECONDS
    try:
        while process.poll() is None and count_files(workflow.folder) < results:
            assert time.monotonic() < end
            time.sleep(0.2)
        time.sleep(delay)
        assert process.poll() is None, "the run ended before it was killed"
    finally:
        kill_tree(process.pid)
        process.wait()


def count_files(folder):
    """Count results while folders come and go, which `os.walk` passes over."""
    return sum(len(names) for _, _, names in os.walk(folder / "results"))


def test_a_run_on_one_core_killed_twice_ends_in_the_same_bytes(finished_run, fresh):
    delays = random.Random(0)
    for results in KILLED_AFTER:
        run_and_kill(fresh, results, delays.uniform(0, 3))
        assert fresh.snakemake("--unlock", targets=TARGETS).returncode == 0
    run = fresh.snakemake("--cores", "1", targets=TARGETS)
    assert run.returncode == 0, run.stdout
    wanted = results_of(finished_run.folder)
    found = results_of(fresh.folder)
    missing = wanted.keys() - found.keys()
    assert all(name.startswith("results/figures/") for name in missing)
    assert not [name for name in found if found[name] != wanted[name]]
