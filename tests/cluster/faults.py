"""Run the smoke job through a Slurm of one node, disturb it, and compare its results.

    uv run python tests/cluster/faults.py [--times 40] [--per-run 20]

Runs it undisturbed once, then disturbed, so many times a run, and starts it again, as a
user would, whenever it has stopped. Prints each fault, what it met, and how often the
run stopped; after each run every result that differs. Disturbed runs start from the
prepared data of the first. A full disk wants root, for a small file system; an error
while reading wants gcc.
"""
# ruff: noqa: T201 - a command line tool prints what it finds.

import argparse
import contextlib
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from loopback import Slurm, running_slurm
from test_same_bytes import results_of, send

from conftest import copy_project  # of tests/workflow

HERE = Path(__file__).parent
# What a test may settle beside the profile: two jobs at a time, and status queries as
# often as jobs of a few seconds deserve.
PACE = (
    *("--jobs", "2", "--latency-wait", "10"),
    *("--slurm-init-seconds-before-status-checks", "3"),
)
SNAKEMAKE = (
    *("snakemake", "--workflow-profile", "config/profiles/slurm", *PACE),
    *("--configfile", "config/smoke.yaml", str(HERE / "fewest_jobs.yaml")),
    *("--", "results/table1.csv"),
)
_LONGEST_WAIT = 1800.0
"""Seconds within which a run has to go on, or to end."""
_MOST_STARTS = 30
_DISK_BYTES = 64 * 2**20


@dataclass(kw_only=True)
class Run:
    """The smoke job, in a copy of the project."""

    slurm: Slurm
    folder: Path
    draw: random.Random = field(default_factory=lambda: random.Random(0))
    delay: float = 4.0
    """Most seconds between a job's start and a fault."""
    starts: int = 0
    damaged: list[Path] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Prepared data sets that are to be made again."""
    preloaded: dict[str, str] = field(default_factory=dict)
    """Environment in which reads of results can be made to fail."""
    process: subprocess.Popen | None = None

    @property
    def log(self) -> Path:
        """What Snakemake has said in all its starts."""
        return self.folder / "snakemake.log"

    def start(self) -> None:
        """Start Snakemake, once more if it has stopped."""
        self.starts += 1
        assert self.starts <= _MOST_STARTS, self.log.read_text()[-5000:]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                SNAKEMAKE,
                cwd=self.folder,
                env=self.slurm.environment | self.preloaded,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def restart(self) -> None:
        """Do what the docs say after a run has stopped, and start it again."""
        self.process.wait(_LONGEST_WAIT)
        while ids := self.queued():
            self.slurm.run("scancel", *ids, cwd=self.folder)
            time.sleep(1)
        unlock = [*SNAKEMAKE[:-2], "--unlock", *SNAKEMAKE[-2:]]
        self.slurm.run(*unlock, cwd=self.folder, seconds=600)
        for path in made_later(self.folder):
            path.touch()
        for path in self.damaged:
            name = re.escape(str(path.relative_to(self.folder)))
            if re.search(f"^know: .*{name}", self.log.read_text(), re.MULTILINE):
                path.unlink(missing_ok=True)
        if self.gone:
            # With all that was made from them, they would be made again together.
            again = [*SNAKEMAKE[:-1], *self.gone]
            self.slurm.run(*again, cwd=self.folder, seconds=_LONGEST_WAIT)
            self.gone.clear()
        self.start()

    def goes_on(self) -> bool:
        """Tell whether Snakemake is running; start it again if it has failed."""
        status = self.process.poll()
        if status:
            self.restart()
        return status != 0

    def finish(self) -> None:
        """Wait for the end, and start it again as often as it takes."""
        end = time.monotonic() + _LONGEST_WAIT
        while self.goes_on():
            assert time.monotonic() < end, self.log.read_text()[-5000:]
            time.sleep(0.5)

    def queued(self) -> list[str]:
        """Ids of this run's jobs that have not ended."""
        listed = self.slurm.run("squeue", "--noheader", "--format=%A|%Z", cwd=HERE)
        lines = (line.partition("|") for line in listed.stdout.splitlines())
        return [job for job, _, place in lines if Path(place) == self.folder]

    def scripts(self) -> dict[int, str]:
        """Processes of this run's jobs: id, and name of the rule."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().decode().split("\0")
                place, _, name = words[1].rpartition("/") if words[1:] else [""] * 3
                if place == f"{self.folder}/.snakemake/scripts":
                    found[int(entry.name)] = name.split(".")[1]
        return found

    def job(self) -> tuple[int, str] | None:
        """Wait for a job that computes, and then for a while; None if all are done."""
        end = time.monotonic() + _LONGEST_WAIT
        while self.goes_on():
            if self.scripts():
                time.sleep(self.draw.uniform(0, self.delay))
                if found := self.scripts():
                    return self.draw.choice(sorted(found.items()))
            assert time.monotonic() < end, self.log.read_text()[-5000:]
            time.sleep(0.1)
        return None

    def slurm_job_of(self, pid: int) -> str:
        """Id of the Slurm job that a process belongs to."""
        words = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
        return dict(w.partition("=")[::2] for w in words)["SLURM_JOB_ID"]


def failing_reads(folder: Path) -> dict[str, str]:
    """Build what makes reads of a run's results fail, and return its environment."""
    library = folder / "read_error.so"
    source = HERE / "read_error.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    return {"LD_PRELOAD": str(library), "READ_ERROR": str(folder / "read-error-due")}


Fault = Callable[[Run, int], str | None]
"""Disturbs a run in which a process computes; returns what it has to say."""


def signalled(number: signal.Signals) -> Fault:
    def fault(run: Run, pid: int) -> None:
        send(pid, number)

    return fault


def told(*command: str) -> Fault:
    """Give a command of Slurm the job's id."""

    def fault(run: Run, pid: int) -> None:
        run.slurm.run(*command, run.slurm_job_of(pid), cwd=run.folder)

    return fault


def restarted(daemon: str, number: signal.Signals, *, seconds: float) -> Fault:
    def fault(run: Run, pid: int) -> None:
        file = run.slurm.root / "run" / f"{daemon}.pid"
        send(int(file.read_text()), number)
        time.sleep(seconds)
        run.slurm.start(daemon)

    return fault


def node(state: str, *, seconds: float) -> Fault:
    def fault(run: Run, pid: int) -> None:
        change = ["scontrol", "update", f"nodename={os.uname().nodename.split('.')[0]}"]
        run.slurm.run(*change, f"state={state}", "reason=fault", cwd=run.folder)
        time.sleep(seconds)
        run.slurm.run(*change, "state=resume", cwd=run.folder)

    return fault


def snakemake_killed(number: signal.Signals) -> Fault:
    def fault(run: Run, pid: int) -> None:
        send(run.process.pid, number)
        run.restart()

    return fault


def out_of_memory(run: Run, pid: int) -> None:
    """Give the job no more memory than it has."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    limit = pages * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (limit, limit))


def disk_full(run: Run, pid: int) -> str:
    """Fill the disk of the results until a job has failed, or for a minute."""
    filler = run.folder / "results" / "filler"
    said = run.log.read_text().count("Error in rule")
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(2**20))
    end = time.monotonic() + 60
    while run.log.read_text().count("Error in rule") == said:
        if time.monotonic() > end or run.process.poll() is not None:
            break
        time.sleep(0.5)
    failed = run.log.read_text().count("Error in rule") - said
    filler.unlink()
    return f"{failed} jobs failed"


def second_workflow(run: Run, pid: int) -> str:
    """Start the same once more in the same folder."""
    second = run.slurm.run(*SNAKEMAKE, cwd=run.folder, seconds=600)
    is_refused = second.returncode and "cannot be locked" in second.stdout
    assert is_refused, second.stdout[-3000:]
    return "refused"


def file_gone(run: Run, pid: int) -> str:
    """Remove a prepared data set."""
    path = run.draw.choice(sorted(run.folder.glob("results/data/*.safetensors")))
    path.unlink()
    run.gone.append(f"results/data/{path.name}")
    return path.name


def file_cut(run: Run, pid: int) -> str:
    """Cut a finished file in half."""
    results = run.folder / "results"
    kept = results / "resume"
    files = [p for p in sorted(results.rglob("*.safetensors")) if kept not in p.parents]
    path = run.draw.choice(files)
    os.truncate(path, path.stat().st_size // 2)
    run.damaged.append(path)
    return path.name


def read_error(run: Run, pid: int) -> str:
    """Fail the next read of a result, for at most a minute."""
    due = Path(run.preloaded["READ_ERROR"])
    due.touch()
    end = time.monotonic() + 60
    while due.exists() and time.monotonic() < end and run.process.poll() is None:
        time.sleep(0.1)
    failed = not due.exists()
    due.unlink(missing_ok=True)
    return "met a job" if failed else "met none"


def clock_back(run: Run, pid: int) -> str:
    """Date all results an hour later, as if the clock had been put back since."""
    later = time.time() + 3600
    files = [path for path in run.folder.glob("results/**/*") if path.is_file()]
    for path in files:
        with contextlib.suppress(FileNotFoundError):
            os.utime(path, (later, later))
    return f"{len(files)} files"


def made_later(folder: Path) -> list[Path]:
    """Results that a clock which was put back has dated later than now."""
    files = (path for path in folder.glob("results/**/*") if path.is_file())
    return [path for path in files if path.stat().st_mtime > time.time()]


FAULTS: dict[str, Fault] = {
    "job-sigkill": signalled(signal.SIGKILL),
    "job-sigterm": signalled(signal.SIGTERM),
    "warning": told("scancel", "--signal=USR1"),
    "slurmctld-killed": restarted("slurmctld", signal.SIGKILL, seconds=5),
    "data-gone": file_gone,
    "snakemake-sigkill": snakemake_killed(signal.SIGKILL),
    "requeue": told("scontrol", "requeue"),
    "out-of-memory": out_of_memory,
    "second-workflow": second_workflow,
    "slurmd-killed": restarted("slurmd", signal.SIGKILL, seconds=2),
    "disk-full": disk_full,
    "node-drained": node("drain", seconds=10),
    "scancel": told("scancel"),
    "file-cut": file_cut,
    "snakemake-sigterm": snakemake_killed(signal.SIGTERM),
    "node-down": node("down", seconds=20),
    "clock-back": clock_back,
    "read-error": read_error,
    "slurmctld-restarted": restarted("slurmctld", signal.SIGTERM, seconds=5),
    "snakemake-sigint": snakemake_killed(signal.SIGINT),
}


def disturb(run: Run, names: Sequence[str]) -> Iterator[str]:
    """Run with these faults, one after the other; yield those that met a job."""
    run.start()
    for name in names:
        if not (met := run.job()):
            break
        pid, rule = met
        starts = run.starts
        try:
            said = FAULTS[name](run, pid)
        except (OSError, KeyError):
            continue  # the job has ended meanwhile
        print(
            f"{time.strftime('%H:%M:%S')} {name} while {rule} runs"
            + (f": {said}" if said else ""),
            flush=True,
        )
        if run.starts > starts:
            print("  started again", flush=True)
        yield name
    run.finish()


def differing(run: Run, wanted: dict[str, bytes]) -> list[str]:
    """Results that are not those of the undisturbed run, but for what nobody read."""
    found = results_of(run.folder)
    cut = {str(path.relative_to(run.folder)) for path in run.damaged}
    names = (wanted.keys() | found.keys()) - cut
    return sorted(name for name in names if wanted.get(name) != found.get(name))


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Give the results of a run a file system of their own, where root asks."""
    folder.mkdir()
    if os.geteuid() != 0:
        yield
        return
    size = f"size={_DISK_BYTES}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "know", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def main() -> None:
    """Disturb, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=40, help="faults")
    parser.add_argument("--per-run", type=int, default=20)
    parser.add_argument("--delay", type=float, default=4.0)
    parser.add_argument("--folder", type=Path, help="where runs are kept")
    parser.add_argument("--faults", nargs="*", default=list(FAULTS), choices=FAULTS)
    given = parser.parse_args()
    cannot = {"disk-full"} if os.geteuid() else set()
    cannot |= set() if shutil.which("gcc") else {"read-error"}
    names = [name for name in given.faults if name not in cannot]
    with (
        tempfile.TemporaryDirectory() as temporary,
        running_slurm(Path(temporary, "slurm")) as slurm,
    ):
        top = (given.folder or Path(temporary)).resolve()
        top.mkdir(parents=True, exist_ok=True)
        whole = Run(slurm=slurm, folder=top / "whole")
        if not whole.folder.exists():
            copy_project(whole.folder)
            whole.start()
            whole.finish()
            assert whole.starts == 1, whole.log.read_text()
        wanted = results_of(whole.folder)
        print(f"undisturbed: {len(wanted)} results", flush=True)
        done, runs = 0, 0
        while done < given.times:
            runs += 1
            due = [names[n % len(names)] for n in range(done, given.times)]
            due = due[: given.per_run]
            folder = top / f"run-{runs}"
            copy_project(folder)
            with small_disk(folder / "results"):
                data = whole.folder / "results" / "data"
                shutil.copytree(data, folder / "results" / "data")
                draw = random.Random(runs)
                run = Run(slurm=slurm, folder=folder, draw=draw, delay=given.delay)
                if "read-error" in names:
                    run.preloaded = failing_reads(folder)
                done += len(list(disturb(run, due)))
                changed = differing(run, wanted)
            print(f"run {runs}: {run.starts} starts, {done} faults so far")
            print(
                f"  other than undisturbed: {', '.join(changed) or 'none'}", flush=True
            )


if __name__ == "__main__":
    main()
