"""What a job, and the planning of a workflow, cost before the first useful work.

    uv run python tests/tools/measure_startup.py

Times Python's start, the imports of every workflow script, what Snakemake adds to a
script job, and a dry run of the paper's Table 1. Prints a table in Markdown;
docs/benchmarks.md holds one. Takes a few minutes; leave the machine alone meanwhile.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import ast
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
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
# As `job_log` ends a job, without taking its modules apart.
LEAVE = "; import os; os._exit(0)"
EMPTY_SCRIPT = "open(snakemake.output.done, 'w').close()\n"


def seconds_of(command: Sequence[str], *, folder: Path) -> float:
    """Wall time of a command, which must succeed; what it prints is dropped."""
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return seconds


def environment() -> dict[str, str]:
    """This process's environment, in which modules are compiled once and kept."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(SCRIPTS)}


def imports_of(script: Path) -> str:
    """The import statements that a script runs, without what it does afterwards."""
    body = ast.parse(script.read_text()).body
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "; ".join(ast.unparse(node) for node in imports)


def measured_imports(folder: Path) -> dict[str, list[float]]:
    """Seconds of Python's start and of imports, by what is imported."""
    codes = {
        "Python alone": "pass",
        "`import torch` and Python's end": "import torch",
        "`import torch` and leave": "import torch" + LEAVE,
    }
    for script in sorted(SCRIPTS.glob("*.py")):
        codes[f"imports of `{script.name}`"] = imports_of(script) + LEAVE
    measured = {}
    for name, code in codes.items():
        command = [sys.executable, "-c", code]
        seconds_of(command, folder=folder)  # compiles, fills the page cache
        measured[name] = [seconds_of(command, folder=folder) for _ in range(REPEATS)]
    return measured


def measured_jobs(folder: Path) -> tuple[list[float], list[float]]:
    """Seconds of a run of one job without work, and what each further job adds."""
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
    """Number of jobs of the paper's Table 1, and seconds to plan them."""
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


def row(name: str, seconds: Sequence[float]) -> str:
    """A row of the table: median, extremes and number of measurements."""
    median, least, most = statistics.median(seconds), min(seconds), max(seconds)
    return f"| {name} | {median:.2f} [{least:.2f}, {most:.2f}] | {len(seconds)} |"


def machine() -> str:
    """Processor, cores and versions."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("snakemake", "torch"))
    return (
        f"{_processor()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}, "
        f"Python {platform.python_version()}, {packages}"
    )


def _processor() -> str:
    with Path("/proc/cpuinfo").open() as lines:
        models = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return models[0] if models else platform.processor()


def _load() -> str:
    return f"{os.getloadavg()[0]:.2f}"


def main() -> None:
    """Measure and print."""
    load_before = _load()
    with tempfile.TemporaryDirectory() as name:
        folders = {part: Path(name) / part for part in ("imports", "job", "dry-run")}
        for folder in folders.values():
            folder.mkdir()
        imports = measured_imports(folders["imports"])
        alone, further = measured_jobs(folders["job"])
        jobs, dry_run = measured_dry_run(folders["dry-run"])
    print(f"{machine()}; load average {load_before} before, {_load()} after\n")
    print("| what | seconds, median [min, max] | n |")
    print("|---|---:|---:|")
    for what, seconds in imports.items():
        print(row(what, seconds))
    print(row("Snakemake, from start to end of one job without work", alone))
    print(row("each further job without work", further))
    print(row(f"dry run of the paper's Table 1, {jobs} jobs", dry_run))


if __name__ == "__main__":
    main()
