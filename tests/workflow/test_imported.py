"""Networks of timm, trained elsewhere, on own pictures: a table by config alone."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image

from know.weights.checkpoint import load_checkpoint

pytestmark = pytest.mark.workflow

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs/new_benchmark.md"

METHODS = (
    *("naive", "longer", "tsv", "soup", "line-search", "subspace", "known"),
    *("known-same-norms", "auto"),
)
OVERLAY = f"""
runs: runs.csv
modules: [.]
datasets: {{mine: {{source: image-folder, path: my pictures, size: 16, test: 20}}}}
architectures:
  mine: {{architecture: "nets:from_timm", options: {{model: test_resnet}}}}
hypernetworks: {{three: {{model: known, source: shipped/stages-3}}}}
methods:
  known: {{hypernetwork: three}}
  auto: {{default: naive, select: [naive, tsv, line-search]}}
selection: {{images: 8}}
tables: {{table1: {{methods: [{", ".join(METHODS)}]}}}}
"""
SHEET = """
run,dataset,architecture,fraction,seed,stages
mine,mine,mine,1,0,check points/stage-*.pt
"""


@pytest.fixture
def study(tmp_path):
    """A folder with a space in its name, and nothing of the project in it."""
    folder = tmp_path / "my study"
    (folder / "check points").mkdir(parents=True)
    (folder / "overlay.yaml").write_text(OVERLAY)
    (folder / "runs.csv").write_text(SHEET.lstrip())
    (text,) = re.findall(r"```python\n(import timm.*?)```", PAGE.read_text(), re.DOTALL)
    (folder / "nets.py").write_text(text)
    rng = np.random.default_rng(0)
    for label in ("elm", "oak"):
        pictures = folder / "data/my pictures" / label
        pictures.mkdir(parents=True)
        for number in range(40):
            pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(pictures / f"{number}.png")
    return folder


def save(path, *, seed):
    """Save a network as timm names its tensors, wrapped as `DataParallel` does."""
    torch.manual_seed(seed)
    state = timm.create_model("test_resnet", num_classes=2).state_dict()
    torch.save({"model": {f"module.{n}": v for n, v in state.items()}}, path)
    return state


def test_a_table_of_networks_that_were_trained_elsewhere(study):
    files = [study / f"check points/stage-{stage}.pt" for stage in range(3)]
    states = [save(file, seed=seed) for seed, file in enumerate(files)]

    def snakemake(*words):
        configs = PROJECT / "config/smoke.yaml", "overlay.yaml"
        run = subprocess.run(
            [
                *(sys.executable, "-m", "snakemake", *words),
                *("--snakefile", PROJECT / "Snakefile", "--cores", "1"),
                *("--configfile", *configs, "--", "results/table1.csv"),
            ],
            cwd=study,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert run.returncode == 0, run.stdout
        return run.stdout

    snakemake()
    with (study / "results/table1.csv").open(newline="") as table:
        assert {row["method"] for row in csv.DictReader(table)} == set(METHODS)
    for stage, state in enumerate(states):
        file = study / f"results/imported/mine/stage-{stage}.safetensors"
        found, _ = load_checkpoint(file)
        assert torch.equal(found["body.conv1.0.weight"], state["conv1.0.weight"])
        assert torch.equal(found["head.weight"], state["fc.weight"])

    # Another last stage is imported again alone; rows of Theta_0 stay as they are.
    save(files[2], seed=9)
    os.utime(files[2])
    planned = snakemake("--dry-run")
    assert "stage=2" in planned
    assert "stage=1" not in planned
    assert "method=tsv" in planned
    assert "method=naive" not in planned
