"""Networks that were trained elsewhere, through a table by config alone."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from know.architectures import build_network
from know.weights.checkpoint import load_checkpoint

pytestmark = pytest.mark.workflow

PROJECT = Path(__file__).parents[2]

METHODS = (
    *("naive", "longer", "tsv", "soup", "line-search", "subspace", "known"),
    *("known-same-norms", "auto"),
)
OVERLAY = f"""
runs: runs.csv
hypernetworks: {{three: {{model: known, source: shipped/stages-3}}}}
methods:
  known: {{hypernetwork: three}}
  auto: {{default: naive, select: [naive, tsv, line-search]}}
tables: {{table1: {{methods: [{", ".join(METHODS)}]}}}}
"""
SHEET = """
run,dataset,architecture,fraction,seed,stages
mine,shapes,simplenet-norm,1,0,check points/stage-*.pt
"""


def save(path, *, seed):
    """Save a network of 24 classes as a wrapped body and a head named `fc`."""
    network = build_network(
        "simplenet", num_classes=24, image_size=16, seed=seed, options={"norm": True}
    )
    body = {f"module.{n}": v for n, v in network.body.state_dict().items()}
    head = {f"module.fc.{n}": v for n, v in network.head.state_dict().items()}
    torch.save({"model": body | head, "epoch": 3}, path)
    return network.state_dict()


def test_a_table_of_networks_that_were_trained_elsewhere(tmp_path):
    study = tmp_path / "my study"
    (study / "check points").mkdir(parents=True)
    (study / "overlay.yaml").write_text(OVERLAY)
    (study / "runs.csv").write_text(SHEET.lstrip())
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
        assert all(torch.equal(found[name], state[name]) for name in state)

    # Another last stage is imported again alone; rows of Theta_0 stay as they are.
    save(files[2], seed=9)
    os.utime(files[2])
    planned = snakemake("--dry-run")
    assert "stage=2" in planned
    assert "stage=1" not in planned
    assert "method=tsv" in planned
    assert "method=naive" not in planned
