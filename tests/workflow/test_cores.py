"""The number of cores, and kills, leave no trace in the bytes."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.workflow

PROJECT = Path(__file__).parents[2]
TOOL = PROJECT / "tests" / "tools" / "kill_main_job.py"


@pytest.fixture(scope="module")
def tool(tmp_path_factory):
    sys.path.insert(0, str(TOOL.parent))
    import kill_main_job

    yield kill_main_job
    sys.path.remove(str(TOOL.parent))


def test_one_core_and_two_give_the_same_bytes(tool, finished_run, fresh):
    run = fresh.snakemake("--cores", "1", targets=["results/table1.csv"])
    assert run.returncode == 0, run.stdout
    wanted = tool.results_of(finished_run.folder)
    found = tool.results_of(fresh.folder)
    figures = {name for name in wanted if name.startswith("results/figures/")}
    assert set(wanted) - set(found) == figures
    assert not [name for name in found if found[name] != wanted[name]]


def test_killed_runs_end_in_the_undisturbed_bytes(tmp_path):
    run = subprocess.run(
        [sys.executable, TOOL, "--kills", "2", "--workdir", tmp_path / "kills"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    assert "2 of 2 killed runs gave the same bytes" in run.stdout
