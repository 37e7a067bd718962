"""A real Slurm of one node, with two fake GPUs, for the tests of this folder."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
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
    folders = [str(root / "bin"), str(Path(sys.executable).parent), kept["PATH"]]
    controller, node = free_ports(2)
    return kept | {
        "PATH": os.pathsep.join(folders),
        "SLURM_CONF": str(root / "etc" / "slurm.conf"),
        "CONTROLLER_PORT": controller,
        "NODE_PORT": node,
    }


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    # Debian keeps the daemons where only root looks.
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"])
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing:
        pytest.skip(f"no Slurm here: {', '.join(missing)} not on PATH")
    root = tmp_path_factory.mktemp("slurm").resolve()
    environment = cluster_environment(root)
    environment["PATH"] += os.pathsep + "/usr/sbin" + os.pathsep + "/usr/local/sbin"
    cluster = Slurm(root=root, environment=environment)
    try:
        # Into a file: the daemons inherit it, and would hold a pipe open for ever.
        with (root / "up.log").open("w") as log:
            status = subprocess.run(
                [HERE / "slurm_up.sh", root],
                env=environment,
                stdout=log,
                stderr=log,
                timeout=60,
                check=False,
            ).returncode
        assert status == 0, (root / "up.log").read_text()
        yield cluster
    finally:
        stopped = cluster.run(HERE / "slurm_down.sh", root, cwd=root, seconds=120)
        assert stopped.returncode == 0, stopped.stdout
