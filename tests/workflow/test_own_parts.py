"""A study in a folder of its own, whose Snakefile imports the project as a module."""

import subprocess
import sys
from pathlib import Path

import pytest
from safetensors import safe_open

pytestmark = pytest.mark.workflow

PROJECT = Path(__file__).parents[2]

SNAKEFILE = """
configfile: "overlay.yaml"

module know:
    snakefile: "{project}/Snakefile"
    config: config

use rule * from know as know_*
"""
PARTS = {
    "blank.py": """
import numpy as np

from know.data.raw import RawDataset, RawSplit, Source

LABELS = np.arange(80) % 2


def open_blank(settings, data_root):
    def read(indices, size):
        return np.zeros((len(indices), *size, 3), np.uint8)

    return RawDataset(RawSplit(LABELS, read), None, ("even", "odd"))


SOURCE = Source(open_blank)
""",
    "nets.py": """
from sizes import WIDTH
from torch import nn

from know.architectures.network import Network


def net(*, num_classes: int, image_size: int) -> Network:
    body = nn.Sequential(nn.Flatten(), nn.Linear(3 * image_size**2, WIDTH))
    return Network(body, num_features=WIDTH, num_classes=num_classes)
""",
    "sizes.py": "WIDTH = 4\n",
}
OVERLAY = """
runs: runs.tsv
modules: [parts]
datasets: {own: {source: "blank:SOURCE", size: 16, train: 60, test: 20}}
architectures: {own: {architecture: "nets:net"}}
pretraining: {images: 60, training: {phases: [{epochs: 1, learning_rate: 0.001}]}}
tables: {table1: {methods: [naive, known]}}
"""
SHEET = "run\tdataset\tarchitecture\tfraction\tseed\nown-s0\town\town\t1.0\t0\n"
NETWORK = "results/networks/own-own-60-s0.safetensors"


def test_a_study_of_own_parts_imports_the_workflow(tmp_path):
    study = tmp_path / "my study"
    (study / "parts").mkdir(parents=True)
    for name, text in PARTS.items():
        (study / "parts" / name).write_text(text)
    (study / "Snakefile").write_text(SNAKEFILE.format(project=PROJECT))
    (study / "runs.tsv").write_text(SHEET)
    (study / "overlay.yaml").write_text(OVERLAY)
    run = subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--cores", "1"),
            *("--configfile", PROJECT / "config/smoke.yaml", "overlay.yaml"),
            *("--", NETWORK),
        ],
        cwd=study,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    with safe_open(study / NETWORK, "pt") as file:
        assert file.get_tensor("body.1.weight").shape == (4, 3 * 16 * 16)
