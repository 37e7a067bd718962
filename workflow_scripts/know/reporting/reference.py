"""Finished tables, kept with where they come from."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from know.checksum import write_whole
from know.errors import KnowError, raise_all
from know.provenance import versions


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A finished run, as a reference keeps it."""

    files: Sequence[str]
    """Below `results/`, all of which must be there."""
    extras: Sequence[str] = ()
    """Kept where they are there."""
    provenance: str
    """Name of the file that says where they come from."""


KEPT = {
    "table1": Kept(
        files=(
            *("table1.csv", "table1.md", "table1_seeds.csv", "table1_times.csv"),
            *("figures/table1.svg", "figures/forgetting.svg"),
        ),
        extras=("selection.csv", "selection.md"),
        provenance="provenance.json",
    ),
    "table7": Kept(files=("table7.csv", "table7.md"), provenance="table7.json"),
    "figure3": Kept(files=("figure3.csv", "figure3.svg"), provenance="figure3.json"),
    "figure4": Kept(files=("figure4.svg",), provenance="figure4.json"),
    "captions": Kept(files=("captions.svg",), provenance="captions.json"),
    "hypernetwork": Kept(
        files=(
            *("hypernetwork.csv", "hypernetwork.md"),
            *("figures/hypernetwork.svg", "figures/meta_training.svg"),
        ),
        provenance="hypernetwork.json",
    ),
}
"""Exceptions by name: files other than those of every table."""


def kept_of(table: str) -> Kept:
    """Return the files that are kept of a table or figure."""
    endings = (".csv", ".md", "_seeds.csv", "_times.csv")
    own = Kept(
        files=(*(table + ending for ending in endings), f"figures/{table}.svg"),
        provenance=f"{table}.json",
    )
    return KEPT.get(table, own)


def keep_reference(
    results: Path,
    output: Path,
    *,
    configs: Sequence[Path],
    command: str,
    table: str = "table1",
) -> None:
    """Copy a run's tables and figures, and write their provenance beside them.

    Args:
        results: the run's `results/`.
        output: folder to write, such as `results/reference/cifar-small`.
        configs: config files that the run used, the default first, within one git
            checkout, whose commit is recorded.
        command: that made the tables, word for word.
        table: id of a table of the config, or a key of `KEPT`.

    Raises:
        KnowError: naming every table, figure or config that is missing; or if the
            configs lie in no git checkout.
    """
    kept = kept_of(table)
    wanted = [results / name for name in kept.files]
    extras = [results / name for name in kept.extras]
    missing = [f"no file {path}" for path in (*wanted, *configs) if not path.is_file()]
    raise_all(missing, "a reference wants a finished run and its configs")
    provenance = {
        "command": command,
        "commit": _commit(configs[0].resolve().parent),
        "configs": {path.name: _sha256(path) for path in configs},
        "date": date.today().isoformat(),
        "machine": machine(),
        "versions": versions(),
    }
    output.mkdir(parents=True, exist_ok=True)
    for path in wanted + [extra for extra in extras if extra.is_file()]:
        shutil.copyfile(path, output / path.name)
    text = json.dumps(provenance, indent=1, sort_keys=True)
    write_whole(output / kept.provenance, text + "\n")


def machine() -> dict[str, Any]:
    """Processor model, count of usable cores and operating system of this machine."""
    model = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.is_file():
        lines = described.read_text().splitlines()
        names = [line.split(":", 1)[1] for line in lines if "model name" in line]
        model = names[0].strip() if names else model
    cores = len(os.sched_getaffinity(0))
    return {"cores": cores, "processor": model, "system": platform.system()}


def _commit(folder: Path) -> str:
    """The checkout's commit, marked where tracked files differ from it."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError) as error:
        raise KnowError(f"{folder} is in no git checkout: {error}") from error
    return f"{commit} with changes" if changed else commit


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
