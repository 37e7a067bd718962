"""config/gpu.yaml makes its table from npz archives, here on a CPU."""

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml

from know.configuration import read_config

pytestmark = pytest.mark.workflow

CONFIGS = Path(__file__).parents[2] / "config"

# One run of the same network; images of a quarter of the area, of which hardly any.
TINY = {
    "runs": "runs.tsv",
    "devices": {"gpus_per_job": 0},
    "datasets": {
        "cifar100": {"size": 16, "train": 100, "test": 100},
        "cifar10": {"size": 16, "train": 10, "test": 10},
    },
    "recipes": {
        "shapes-pretraining": {"phases": [{"epochs": 1, "learning_rate": 0.001}]},
        "few-images": {"phases": [{"epochs": 1, "learning_rate": 0.001}]},
    },
    "pretraining": {"images": 32},
    "horizons": [1],
    "tasks": {"cifar10": {"trials": 1, "trials_per_job": 1}},
}


def write_npz(folder, classes):
    """Write twice as many images as the tiny config wants, without class names."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(classes)
    for split in ("train", "test"):
        labels = np.arange(2 * classes) % classes
        images = rng.integers(0, 256, (len(labels), 32, 32, 3), dtype=np.uint8)
        np.savez_compressed(folder / f"{split}.npz", images=images, labels=labels)


def test_a_tiny_overlay_makes_the_table(fresh):
    write_npz(fresh.folder / "data/cifar100", 100)
    write_npz(fresh.folder / "data/cifar10", 10)
    sheet = (fresh.folder / "config/gpu/runs.tsv").read_text().splitlines()
    (fresh.folder / "runs.tsv").write_text("\n".join(sheet[:2]) + "\n")
    run = fresh.snakemake(
        *("--cores", "2"),
        config="config/gpu.yaml",
        overlay=yaml.safe_dump(TINY),
        targets=["results/table1.csv"],
    )
    assert run.returncode == 0, run.stdout
    with (fresh.folder / "results/table1.csv").open(newline="") as file:
        rows = [(row["method"], row["factor"]) for row in csv.DictReader(file)]
    trained = [(name, "1") for name in ("naive", "longer", "naive-fresh-norm")]
    predicted = [(name, "2") for name in ("known", "known-same-norms")]
    assert rows == trained + predicted


def test_its_data_fit_into_sixty_mebibytes():
    """Uncompressed, which CIFAR's pixels nearly are when they are compressed."""
    datasets = read_config(CONFIGS, CONFIGS / "gpu.yaml")["datasets"]
    images = sum(
        datasets[name][split]
        for name in ("cifar100", "cifar10")
        for split in ("train", "test")
    )
    assert images * (32 * 32 * 3 + 8) < 60 * 2**20
