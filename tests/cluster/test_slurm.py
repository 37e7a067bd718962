"""The workflow runs through its Slurm profile on a real, if tiny, Slurm."""

import re
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from faults import PACE, Run, copy_project, differing, disturb, results_of

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
PROFILE = PROJECT / "config" / "profiles" / "slurm"
# Some of what `faults.py` does; each takes seconds.
FEW_FAULTS = ["slurmctld-killed", "job-sigkill", "snakemake-sigkill", "second-workflow"]

pytestmark = pytest.mark.cluster


def planned_jobs(output: str) -> Counter[str]:
    """Jobs of each rule in a Snakemake run's own table of what it is about to do."""
    table = re.search(
        r"^Job stats:\n.*\n[- ]+\n((?:\S+ +\d+\n)+)", output, re.MULTILINE
    )
    assert table, f"no table of jobs in\n{output}"
    rows = (line.split() for line in table[1].splitlines())
    return Counter({rule: int(jobs) for rule, jobs in rows if rule != "total"})


def local_jobs(output: str) -> Counter[str]:
    """Jobs of each rule that the submitting Snakemake ran itself."""
    return Counter(re.findall(r"^localrule (\w+):", output, re.MULTILINE))


@pytest.fixture(scope="module")
def main_run(slurm, tmp_path_factory):
    """The main job at its smallest, in a copy of the project: (folder, output)."""
    run = Run(slurm=slurm, folder=tmp_path_factory.mktemp("project").resolve())
    copy_project(run.folder)
    run.start()
    while run.process.poll() is None and not warn_pretraining(slurm, run.folder):
        time.sleep(0.1)
    run.finish()
    return run.folder, run.log.read_text()


def warn_pretraining(slurm, project):
    """Do what Slurm does before a time limit, once a pre-training is on its way."""
    logs = project.glob("logs/pretrain_network/*.log")
    job = slurm.running(project, "pretrain_network")
    if job and any(" epoch " in log.read_text() for log in logs):
        slurm.run("scancel", "--signal=USR1", job, cwd=project)
        return True
    return False


@pytest.fixture(scope="module")
def probe_run(slurm, tmp_path_factory):
    """The two probe jobs, in an empty folder: the folder."""
    folder = tmp_path_factory.mktemp("probe").resolve()
    run = slurm.run(
        *("snakemake", "--snakefile", HERE / "probe.smk"),
        *("--workflow-profile", PROFILE, *PACE),
        cwd=folder,
        seconds=300,
    )
    assert run.returncode == 0, run.stdout
    return folder


def test_main_job_writes_its_table(main_run):
    project, _ = main_run
    lines = (project / "results" / "table1.csv").read_text().splitlines()
    assert len(lines) >= 2, f"a table needs a header and a row, found {lines}"


def test_a_training_that_is_warned_is_queued_again_and_goes_on(main_run):
    project, _ = main_run
    (log,) = project.glob("logs/pretrain_network/*.log")
    assert re.match(
        r".* INFO device: .*\n.* INFO resuming after epoch", log.read_text()
    )


def test_a_disturbed_run_ends_in_the_same_results(slurm, main_run, tmp_path):
    whole, _ = main_run
    run = Run(slurm=slurm, folder=tmp_path.resolve())
    copy_project(run.folder)
    shutil.copytree(whole / "results/data", run.folder / "results/data")
    # On a fast machine the run may end before the last.
    assert len(list(disturb(run, FEW_FAULTS))) >= 3
    assert differing(run, results_of(whole)) == []


def test_every_job_but_local_ones_ran_under_slurm(slurm, main_run):
    project, output = main_run
    submitted = planned_jobs(output) - local_jobs(output)
    assert submitted, "the whole workflow ran locally"
    assert slurm.jobs_of(project) == {
        (rule, "COMPLETED"): jobs for rule, jobs in submitted.items()
    }


def test_gpu_job_sees_the_one_device_it_was_granted(probe_run):
    device, job = (probe_run / "results" / "gpu.txt").read_text().split()
    assert device in {"0", "1"}
    assert job.isdigit()


def test_failed_job_is_submitted_again(slurm, probe_run):
    attempts = (probe_run / "results" / "retried.txt").read_text().split()
    assert len(set(attempts)) == 2, "two attempts, each a Slurm job of its own"
    states = slurm.jobs_of(probe_run)
    assert states["fail_once", "FAILED"] == 1
    assert states["fail_once", "COMPLETED"] == 1
