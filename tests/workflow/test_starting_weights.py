"""Weights that a user brings are an input of the jobs that start from them alone."""

import re

import pytest

pytestmark = pytest.mark.workflow

OVERLAY = """
architectures: {pvt-narrow: {options: {weights: mine.safetensors}}}
"""


def test_only_the_pre_training_waits_for_the_weights(fresh):
    (fresh.folder / "mine.safetensors").touch()
    run = fresh.snakemake(
        "--dry-run", "--cores", "1", overlay=OVERLAY, targets=["results/table2.csv"]
    )
    assert run.returncode == 0, run.stdout
    jobs = re.findall(r"^rule (\w+):\n    input: (.*)", run.stdout, re.MULTILINE)
    found = {rule for rule, files in jobs if "mine.safetensors" in files}
    assert found == {"pretrain_network"}
