"""The workflow's files: linted, formatted, complete, and every config plannable."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from snakemake.scheduling.job_scheduler import JobScheduler

pytestmark = pytest.mark.workflow

PROJECT = Path(__file__).parents[2]
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


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_complete(rule):
    for directive in ("log:", "conda:", "threads:", "mem_mb=", "runtime=", "code="):
        assert directive in RULES[rule], f"{rule} lacks {directive}"
    assert re.search(r'^    """.+"""', RULES[rule], re.MULTILINE), "no docstring"
    assert f'"../workflow_scripts/{rule}.py"' in RULES[rule]
    assert (PROJECT / "workflow_scripts" / f"{rule}.py").is_file()


@pytest.mark.parametrize("rule", sorted(TRAINING))
def test_every_training_rule_asks_for_gpus_and_is_timed(rule):
    assert 'gpu=config["devices"]["gpus_per_job"]' in RULES[rule]
    assert "benchmark:" in RULES[rule]


def test_every_script_belongs_to_a_rule():
    scripts = {path.stem for path in (PROJECT / "workflow_scripts").glob("*.py")}
    assert scripts == set(RULES)


@pytest.fixture
def blank_images(tmp_path):
    """A maker of blank stand-ins for real data, so many images of each data set."""

    def make(classes, **counts):
        for name, count_of_classes in classes.items():
            (tmp_path / name).mkdir()
            for split, count in counts.items():
                np.savez_compressed(
                    tmp_path / name / f"{split}.npz",
                    images=np.zeros((count, 32, 32, 3), np.uint8),
                    labels=np.arange(count) % count_of_classes,
                    class_names=np.arange(count_of_classes).astype(str),
                )
        overlay = tmp_path / "root.yaml"
        overlay.write_text(f"data_root: {tmp_path}\n")
        return overlay

    return make


def plan(tmp_path, *words, target="results/table1.csv"):
    return run(
        *("snakemake", "--dry-run", "--quiet", "rules", "--directory", tmp_path),
        *(*words, "--", target),
    )


@pytest.mark.parametrize(
    ("overlay", "runs"), [("config/config.yaml", 2), ("config/two-seeds.yaml", 4)]
)
def test_the_embedded_configs_plan_every_row(tmp_path, overlay, runs):
    planned = plan(tmp_path, "--configfile", PROJECT / overlay)
    assert re.search(rf"finetune +{24 * runs}\b", planned)


def test_the_paper_config_plans_five_fractions_and_ten_trials(tmp_path):
    planned = plan(tmp_path, "--configfile", PROJECT / "config/paper.yaml")
    assert re.search(r"pretrain_network +5\b", planned)
    # Five runs of 22 rows, ten blocks each.
    assert re.search(r"finetune +1100\b", planned)


def test_the_cifar_config_plans_where_its_images_are(tmp_path, blank_images):
    overlay = blank_images({"cifar100": 100, "cifar10": 10}, train=16000, test=2000)
    config = PROJECT / "config/cifar-small.yaml"
    planned = plan(tmp_path, "--configfile", config, overlay)
    # Four runs of 16 rows.
    assert re.search(r"finetune +64\b", planned)


def test_the_table_of_hypernetworks_reads_held_out_trials_of_every_shard(tmp_path):
    planned = plan(
        *(tmp_path, "--configfile", PROJECT / "config/smoke.yaml"),
        target="results/hypernetwork.csv",
    )
    for rule, jobs in (
        ("collect_metadata", 2),
        ("draw_weights", 2),
        ("train_hypernetwork", 3),
        ("measure_held_out", 2),
        ("tabulate_hypernetworks", 1),
    ):
        assert re.search(rf"{rule} +{jobs}\b", planned), rule
    assert "pretrain_network" not in planned


def test_the_config_of_the_shipped_hypernetworks_plans_them(tmp_path, blank_images):
    names = ("cifar10", "mnist", "fashion_mnist")
    overlay = blank_images(dict.fromkeys(names, 10), train=2000, test=200)
    config = PROJECT / "config/hypernetwork.yaml"
    planned = plan(
        *(tmp_path, "--configfile", config, overlay),
        target="results/hypernetwork.csv",
    )
    assert "train_hypernetwork" in planned
    assert "measure_held_out" in planned


def test_the_rule_graph_is_drawn_as_it_is():
    tool = PROJECT / "docs/draw_rulegraph.py"
    subprocess.run([sys.executable, tool, "--check"], check=True)


def test_snakemake_still_has_the_limiter_that_the_snakefile_takes_away():
    scheduler = inspect.getsource(JobScheduler)
    assert "if self.job_rate_limiter is not None:" in scheduler
    assert "self._schedule_reevalutation(" in scheduler
