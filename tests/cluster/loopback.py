"""A real Slurm of one node, with two fake GPUs."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SBIN = ["/usr/sbin", "/usr/local/sbin"]
"""Where Debian keeps the daemons, on the path of root alone."""
PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue"]


@dataclass(frozen=True, kw_only=True)
class Slurm:
    root: Path
    environment: dict[str, str]

    def run(
        self, *command: str | Path, cwd: Path, seconds: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command that sees this Slurm; its stderr is merged into stdout."""
        return subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )

    def start(self, *command: str | Path) -> None:
        """Start daemons."""
        # Into a file: they inherit it, and would hold a pipe open for ever.
        with (self.root / "up.log").open("w") as log:
            status = subprocess.run(
                command,
                env=self.environment,
                stdout=log,
                stderr=log,
                timeout=60,
                check=False,
            ).returncode
        assert status == 0, (self.root / "up.log").read_text()

    def running(self, folder: Path, rule: str) -> str | None:
        """Id of a running job of `rule` that was submitted from `folder`."""
        listed = self.run(
            *("squeue", "--noheader", "--states=running", "--format=%A|%Z|%k"),
            cwd=self.root,
        )
        for line in listed.stdout.splitlines():
            job, submitted_from, comment = line.split("|", 2)
            if Path(submitted_from) == folder and f"rule_{rule}" in comment:
                return job
        return None

    def jobs_of(self, folder: Path) -> Counter[tuple[str, str]]:
        """How many jobs of each (rule, state) were submitted from `folder`."""
        listed = self.run(
            *("squeue", "--noheader", "--states=all", "--format=%T|%Z|%k"),
            cwd=self.root,
        )
        rows = [line.split("|", 2) for line in listed.stdout.splitlines()]
        return Counter(
            (re.sub(r"^rule_|_wildcards_.*$", "", comment), state)
            for state, submitted_from, comment in rows
            if Path(submitted_from) == folder
        )


def missing_programs() -> list[str]:
    """Programs of Slurm that are not installed."""
    path = os.pathsep.join([os.environ["PATH"], *SBIN])
    return [name for name in PROGRAMS if shutil.which(name, path=path) is None]


def free_ports(count: int) -> list[str]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(opened.getsockname()[1]) for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def cluster_environment(root: Path) -> dict[str, str]:
    """This process's environment, pointed at the Slurm under `root` and no other."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SLURM_", "SBATCH_", "SNAKEMAKE_"))
    }
    # Without compiled modules each of a job's three Python starts takes seconds longer.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    folders = [str(root / "bin"), str(Path(sys.executable).parent), kept["PATH"], *SBIN]
    controller, node = free_ports(2)
    return kept | {
        "PATH": os.pathsep.join(folders),
        "SLURM_CONF": str(root / "etc" / "slurm.conf"),
        "CONTROLLER_PORT": controller,
        "NODE_PORT": node,
    }


@contextmanager
def running_slurm(root: Path) -> Iterator[Slurm]:
    """A Slurm under `root`."""
    root.mkdir(exist_ok=True)
    environment = cluster_environment(root)
    cluster = Slurm(root=root, environment=environment)
    try:
        cluster.start(HERE / "slurm_up.sh", root)
        yield cluster
    finally:
        stopped = cluster.run(HERE / "slurm_down.sh", root, cwd=root, seconds=120)
        assert stopped.returncode == 0, stopped.stdout
