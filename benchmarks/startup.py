"""Cost of a job, and of planning a workflow, before the first useful work.

    uv run python benchmarks/startup.py

Times Python's start, the imports of every workflow script, what Snakemake adds to a
script job, and a dry run of the paper's Table 1. Prints a table in Markdown;
docs/benchmarks.md holds one. Takes a few minutes on an otherwise idle machine.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from machine import machine, spread

PROJECT = Path(__file__).resolve().parents[1]
SCRIPTS = PROJECT / "workflow_scripts"
SNAKEMAKE = str(Path(sys.executable).parent / "snakemake")
REPEATS = 5
DRY_RUNS = 3
EXTRA_JOBS = 20
PAPER = ("--configfile", str(PROJECT / "config/paper.yaml"), "--", "results/table1.csv")

# Appended to a copy of the Snakefile: a script job of this workflow without any work.
EMPTY_RULE = """

rule nothing:
    output:
        done="nothing/{number}",
    script:
        "nothing.py"
"""
# A job by its main module, which `know` asks for; and as `job_log` ends a job.
JOB = "snakemake = None; "
LEAVE = "; import os; os._exit(0)"
EMPTY_SCRIPT = "open(snakemake.output.done, 'w').close()\n"


def seconds_of(command: Sequence[str], *, folder: Path) -> float:
    """Time a command, which must succeed."""
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return seconds


def environment() -> dict[str, str]:
    """Return an environment in which modules are compiled once and kept."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(SCRIPTS)}


def imports_of(script: Path) -> str:
    """Return the import statements of a script."""
    body = ast.parse(script.read_text()).body
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "; ".join(ast.unparse(node) for node in imports)


def measured_imports(folder: Path) -> dict[str, list[float]]:
    """Time Python's start and imports."""
    codes = {
        "Python alone": "pass",
        "`import torch` and Python's end": "import torch",
        "`import torch` and leave": "import torch" + LEAVE,
    }
    for script in sorted(SCRIPTS.glob("*.py")):
        codes[f"imports of `{script.name}`"] = JOB + imports_of(script) + LEAVE
    measured = {}
    for name, code in codes.items():
        command = [sys.executable, "-c", code]
        seconds_of(command, folder=folder)  # compiles, fills the page cache
        measured[name] = [seconds_of(command, folder=folder) for _ in range(REPEATS)]
    return measured


def measured_jobs(folder: Path) -> tuple[list[float], list[float]]:
    """Time a run of one job without work, and what each further job adds."""
    for entry in ("config", "docs", "envs", "rules", "workflow_scripts"):
        (folder / entry).symlink_to(PROJECT / entry)
    (folder / "Snakefile").write_text((PROJECT / "Snakefile").read_text() + EMPTY_RULE)
    (folder / "nothing.py").write_text(EMPTY_SCRIPT)
    _run_empty_jobs(folder, 1)
    alone, further = [], []
    for _ in range(REPEATS):
        alone.append(_run_empty_jobs(folder, 1))
        many = _run_empty_jobs(folder, 1 + EXTRA_JOBS)
        further.append((many - alone[-1]) / EXTRA_JOBS)
    return alone, further


def _run_empty_jobs(folder: Path, count: int) -> float:
    shutil.rmtree(folder / "nothing", ignore_errors=True)
    profile = str(PROJECT / "config/profiles/local")
    targets = [f"nothing/{number}" for number in range(count)]
    command = [SNAKEMAKE, "--workflow-profile", profile, "--cores", "1", "--", *targets]
    return seconds_of(command, folder=folder)


def measured_dry_run(folder: Path) -> tuple[int, list[float]]:
    """Count the jobs of the paper's Table 1 and time their planning."""
    command = [SNAKEMAKE, "--directory", str(folder), "-n"]
    plan = subprocess.run(
        [*command, *PAPER], cwd=PROJECT, env=environment(), capture_output=True
    )
    total = re.search(rb"^total +(\d+)$", plan.stdout + plan.stderr, re.M)
    if total is None:
        sys.exit(f"the dry run failed:\n{(plan.stdout + plan.stderr).decode()}")
    quiet = [*command, "-q", *PAPER]
    seconds = [seconds_of(quiet, folder=PROJECT) for _ in range(DRY_RUNS)]
    return int(total[1]), seconds


def main() -> None:
    """Measure and print."""
    before = machine("snakemake", "torch")
    with tempfile.TemporaryDirectory() as name:
        folders = {part: Path(name) / part for part in ("imports", "job", "dry-run")}
        for folder in folders.values():
            folder.mkdir()
        imports = measured_imports(folders["imports"])
        alone, further = measured_jobs(folders["job"])
        jobs, dry_run = measured_dry_run(folders["dry-run"])
    rows = imports | {
        "Snakemake, from start to end of one job without work": alone,
        "each further job without work": further,
        f"dry run of the paper's Table 1, {jobs} jobs": dry_run,
    }
    print(f"{before}; load average at the end {os.getloadavg()[0]:.2f}\n")
    print("| task | seconds, median [min, max] | n |")
    print("|---|---:|---:|")
    for task, seconds in rows.items():
        print(f"| {task} | {spread(seconds, '.2f')} | {len(seconds)} |")


if __name__ == "__main__":
    main()
