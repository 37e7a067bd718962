"""Kill the main job at random moments, go on, and compare with an undisturbed run.

    uv run python tests/tools/kill_main_job.py --kills 20 --workdir FOLDER

Runs the job once undisturbed, with results in FOLDER. Then, for each kill, starts it in
a new folder, sends SIGKILL to the whole process tree at a moment drawn from the
undisturbed run's duration, unlocks, runs to the end and compares every result byte by
byte (scores without their seconds, the table of times not at all). A moment that comes
after a run's end is drawn again. Ends with status 1 if anything differs.
"""
# ruff: noqa: T201 - a command line tool prints what it does.

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TIMED = {"results/table1_times.csv"}


def command(folder: Path, config: Path, cores: int, *words: str) -> list[str]:
    """Snakemake on this project, with results in `folder`."""
    snakemake = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
    place = ["--snakefile", str(PROJECT / "Snakefile"), "--directory", str(folder)]
    profile = ["--workflow-profile", str(PROJECT / "config/profiles/local")]
    settings = ["--configfile", str(config), *words, "--", "results/table1.csv"]
    return [*snakemake, *place, *profile, *settings]


def run_to_end(folder: Path, config: Path, cores: int, *words: str) -> float:
    """Seconds of a run that has to succeed."""
    started = time.monotonic()
    done = subprocess.run(
        command(folder, config, cores, *words), capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"a run failed in {folder}:\n{done.stdout}{done.stderr}")
    return time.monotonic() - started


def descendants(pid: int) -> list[int]:
    """Process `pid` and all that it started, at any depth."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it ended meanwhile
        children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for process in found:
        found += children.get(process, [])
    return found


def kill_tree(pid: int) -> None:
    """Kill a process and all that it started, none of which can start another."""
    stopped: set[int] = set()
    while waiting := set(descendants(pid)) - stopped:
        for process in waiting:
            send(process, signal.SIGSTOP)
        stopped |= waiting
    for process in stopped:
        send(process, signal.SIGKILL)


def send(pid: int, signum: signal.Signals) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signum)


def run_and_kill(folder: Path, config: Path, cores: int, after: float) -> bool:
    """Start a run, kill its whole tree after some seconds; whether it still ran."""
    process = subprocess.Popen(
        command(folder, config, cores),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        kill_tree(process.pid)
        process.wait()
        return True
    return False


def results_of(folder: Path) -> dict[str, bytes]:
    """Content of every result, scores without the seconds that they took."""
    found = {}
    for path in sorted((folder / "results").rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name in TIMED or name.startswith("results/resume/"):
            continue
        content = path.read_bytes()
        if name.startswith("results/scores/") and path.suffix == ".json":
            records = [{**r, "seconds": None} for r in json.loads(content)]
            content = json.dumps(records).encode()
        found[name] = content
    return found


def differences(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Names of the results that are not the same in both."""
    names = sorted(one.keys() | other.keys())
    return [name for name in names if one.get(name) != other.get(name)]


def main() -> None:
    """Run, kill, compare, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument(
        "--configfile", type=Path, default=PROJECT / "config/smoke.yaml"
    )
    parser.add_argument("--workdir", type=Path, required=True)
    options = parser.parse_args()
    options.workdir.mkdir(parents=True)
    config, cores = options.configfile.resolve(), options.cores
    undisturbed = options.workdir / "undisturbed"
    undisturbed.mkdir()
    duration = run_to_end(undisturbed, config, cores)
    wanted = results_of(undisturbed)
    print(f"undisturbed: {duration:.1f} s, {len(wanted)} results", flush=True)
    optimizer_state = random.Random(options.seed)
    failed = 0
    for number in range(1, options.kills + 1):
        folder = options.workdir / f"kill-{number}"
        folder.mkdir()
        moment = optimizer_state.uniform(0, duration)
        while not run_and_kill(folder, config, cores, moment):
            print(f"kill {number}: after {moment:.1f} s it had ended", flush=True)
            shutil.rmtree(folder)
            folder.mkdir()
            duration = moment
            moment = optimizer_state.uniform(0, duration)
        made = len(results_of(folder))
        run_to_end(folder, config, cores, "--unlock")
        seconds = run_to_end(folder, config, cores)
        differ = differences(wanted, results_of(folder))
        failed += bool(differ)
        print(
            f"kill {number}: after {moment:.1f} s ({made} results), finished in "
            f"{seconds:.1f} s, {f'DIFFERENT: {differ}' if differ else 'same bytes'}",
            flush=True,
        )
        shutil.rmtree(folder)
    print(
        f"{options.kills - failed} of {options.kills} killed runs gave the same bytes"
    )
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
