"""The smoke job through a Slurm, and what a person does when it has stopped."""

import contextlib
import random
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from loopback import Slurm

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


def made_later(folder: Path) -> list[Path]:
    """Results that a clock which was put back has dated later than now."""
    files = (path for path in folder.glob("results/**/*") if path.is_file())
    return [path for path in files if path.stat().st_mtime > time.time()]
