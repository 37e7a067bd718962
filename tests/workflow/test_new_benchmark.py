"""A table of one's own is a config block, as docs/new_benchmark.md has it."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.workflow

PAGE = Path(__file__).parents[2] / "docs/new_benchmark.md"


def test_a_table_more_runs_only_what_no_other_has_made(finished):
    overlay = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    run = finished.snakemake(
        *("--dry-run", "--cores", "1", "--quiet", "reason"),
        overlay=overlay,
        targets=["results/table8.csv"],
    )
    assert run.returncode == 0, run.stdout
    rules = set(re.findall(r"^rule (\w+):", run.stdout, re.MULTILINE))
    assert {"finetune", "prepare_data", "tabulate_scores"} <= rules
    assert not rules & {"pretrain_network", "forget_stage", "train_hypernetwork"}
