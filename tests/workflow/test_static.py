"""The workflow's files: linted, formatted, complete, and every config plannable."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

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
    *("choose_learning_rate", "finetune_classification"),
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
def cifar_root(tmp_path):
    """Blank stand-ins for the images that config/cifar-small.yaml reads."""
    for name, classes in (("cifar100", 100), ("cifar10", 10)):
        (tmp_path / name).mkdir()
        for split, count in (("train", 16000), ("test", 2000)):
            np.savez_compressed(
                tmp_path / name / f"{split}.npz",
                images=np.zeros((count, 32, 32, 3), np.uint8),
                labels=np.arange(count) % classes,
                class_names=np.arange(classes).astype(str),
            )
    return tmp_path


def plan(tmp_path, *words):
    return run(
        *("snakemake", "--dry-run", "--quiet", "rules", "--directory", tmp_path),
        *(*words, "--", "results/table1.csv"),
    )


def test_the_default_config_plans_every_row(tmp_path):
    assert re.search(r"finetune_classification +68\b", plan(tmp_path))


def test_the_paper_config_plans_five_fractions_and_ten_trials(tmp_path):
    planned = plan(tmp_path, "--configfile", PROJECT / "config/paper.yaml")
    assert re.search(r"pretrain_network +5\b", planned)
    assert re.search(r"finetune_classification +800\b", planned)


def test_the_cifar_config_plans_where_its_images_are(tmp_path, cifar_root):
    overlay = tmp_path / "root.yaml"
    overlay.write_text(f"data_root: {cifar_root}\n")
    config = PROJECT / "config/cifar-small.yaml"
    planned = plan(tmp_path, "--configfile", config, overlay)
    assert re.search(r"finetune_classification +68\b", planned)


def test_the_readme_draws_the_rules_as_they_are():
    tool = PROJECT / "tests/tools/draw_rulegraph.py"
    subprocess.run([sys.executable, tool, "--check"], check=True)
