"""The workflow's files: linted, formatted, complete."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from snakemake.scheduling.job_scheduler import JobScheduler

pytestmark = pytest.mark.workflow

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text()
RULES = {
    match[1]: match[0]
    for path in sorted((PROJECT / "rules").glob("*.smk"))
    for match in re.finditer(
        r"^rule (\w+):\n(?:(?:    .*)?\n)+", path.read_text() + "\n", re.MULTILINE
    )
}
TRAINING = {
    *("pretrain_network", "pretrain_incrementally", "forget_stage"),
    *("collect_metadata", "train_hypernetwork"),
    *("choose_learning_rate", "finetune", "select_weights"),
}


def run(*words):
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_snakemake_finds_nothing_to_lint():
    assert "in a good condition" in run("snakemake", "--lint")


def test_rule_files_are_formatted():
    run("snakefmt", "--check", "Snakefile", "rules")


def test_every_rule_is_complete():
    wanted = ("log:", "conda:")
    trains = ("benchmark:", "threads:", "mem_mb=", "runtime=")
    trains += ('gpu=config["devices"]["gpus_per_job"]',)
    lacking = [
        f"{rule} lacks {directive}"
        for rule, text in RULES.items()
        for directive in (
            *wanted,
            *(() if "localrule:" in text else ("code=",)),
            *(trains if rule in TRAINING else ()),
        )
        if directive not in text
    ]
    assert lacking == []


@pytest.mark.parametrize(
    "words", re.findall(r"^uv run snakemake (.* -n .*csv)", README, re.MULTILINE)
)
def test_a_dry_run_of_the_readme_finds_every_input_but_data(tmp_path, words):
    planned = run("snakemake", "--directory", tmp_path, *words.split())
    assert re.search(r"finetune +\d", planned)


def test_the_results_of_a_config_go_to_the_folder_that_the_page_names(tmp_path):
    page = (PROJECT / "docs/new_benchmark.md").read_text()
    command = re.search(r"^uv run (snakemake .*--directory) leaves (.*)", page, re.M)
    planned = run(*command[1].split(), tmp_path / "leaves", "-n", *command[2].split())
    assert re.search(r"finetune +\d", planned)
    assert (tmp_path / "leaves").is_dir()
    assert not (PROJECT / "leaves").exists()


def test_a_dry_run_of_the_paper_lists_its_fractions_trials_and_minutes(tmp_path):
    """And warns of the data that this machine does not have."""
    planned = run(
        *("snakemake", "--dry-run", "--directory", tmp_path),
        *("--configfile", PROJECT / "config/paper.yaml", "--", "results/table1.csv"),
    )
    # Theta_0 and `longer` of each.
    assert re.search(r"pretrain_network +10\b", planned)
    # Five runs of 22 rows, ten blocks each.
    assert re.search(r"finetune +1100\b", planned)
    # 200 epochs of half of 50,000 images at 200 a second, and half an hour.
    stage = r"wildcards: run=resnet18-100, stage=1\n +resources: .*runtime=(\d+)"
    assert re.findall(stage, planned) == [str(30 + 417)]


def test_the_rule_graph_is_drawn_as_it_is():
    tool = PROJECT / "docs/draw_rulegraph.py"
    subprocess.run([sys.executable, tool, "--check"], check=True)


def test_snakemake_still_has_the_limiter_that_the_snakefile_takes_away():
    scheduler = inspect.getsource(JobScheduler)
    assert "if self.job_rate_limiter is not None:" in scheduler
    assert "self._schedule_reevalutation(" in scheduler
