"""Finished tables, kept with where they come from."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from know.configuration import default_config_files
from know.errors import KnowError, raise_all
from know.provenance import versions
from know.whole_files import write_whole

_TABLE = (
    *("{}.csv", "{}.md", "{}_seeds.csv", "{}_verdict.csv", "{}_times.csv"),
    "figures/{}.svg",
)
_FILES = {
    "table1": (*_TABLE, "figures/forgetting.svg"),
    "hypernetwork": (
        *("hypernetwork.csv", "hypernetwork.md"),
        *("figures/hypernetwork.svg", "figures/meta_training.svg"),
    ),
}
"""Files below `results/`, where other ones are kept than those that every table has."""
_IF_PRESENT = {"table1": ("selection.csv", "selection.md")}
_PROVENANCE = {"table1": "provenance.json"}


def files_of(table: str) -> list[str]:
    """Files below `results/` that are kept of a table or figure."""
    return [name.format(table) for name in _FILES.get(table, _TABLE)]


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
        output: folder to write, such as `results/reference/cifar`.
        configs: `config/config.yaml`, whose git checkout is recorded, and the overlays
            that the run used; the other files of the default are found beside it.
        command: the command that made the tables, word for word.
        table: a table's id, or `hypernetwork`.

    Raises:
        KnowError: naming every table, figure or config that is missing; or if the
            configs lie in no git checkout.
    """
    wanted = [results / name for name in files_of(table)]
    extras = [results / name for name in _IF_PRESENT.get(table, ())]
    folder = configs[0].resolve().parent
    used = [*configs[:1], *default_config_files(folder)[1:], *configs[1:]]
    missing = [f"no file {path}" for path in (*wanted, *used) if not path.is_file()]
    raise_all(missing, "a reference wants a finished run and its configs")
    provenance = {
        "command": command,
        "commit": _commit(folder),
        "configs": {
            os.path.relpath(path, folder): sha256(path.read_bytes()).hexdigest()
            for path in used
        },
        "date": date.today().isoformat(),
        "machine": machine(),
        "versions": versions(),
    }
    for path in wanted + [extra for extra in extras if extra.is_file()]:
        write_whole(output / path.name, path.read_bytes())
    text = json.dumps(provenance, indent=1, sort_keys=True)
    write_whole(output / _PROVENANCE.get(table, f"{table}.json"), text + "\n")


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
    git = partial(
        subprocess.check_output, cwd=folder, stderr=subprocess.DEVNULL, text=True
    )
    try:
        commit = git(["git", "rev-parse", "HEAD"]).strip()
        changed = git(["git", "status", "--porcelain", "--untracked-files=no"])
    except (OSError, subprocess.CalledProcessError) as error:
        raise KnowError(f"{folder} is in no git checkout: {error}") from error
    return f"{commit} with changes" if changed else commit
