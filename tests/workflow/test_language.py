"""Table 8 of a small language model, made from nothing."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.workflow

PROJECT = Path(__file__).parents[2]

# Laid over the smoke config and config/language.yaml: it learns next to nothing.
OVERLAY = """
datasets:
  texts: {size: [1, 24], train: 32, test: 8}
  texts-new: {size: [1, 24], train: 16, test: 8}
architectures:
  llama: {options: {config: {hidden_size: 16, intermediate_size: 32}}}
recipes:
  text-pretraining: {phases: [{epochs: 2, learning_rate: 0.01}]}
  text-finetuning: {phases: [{epochs: 2, learning_rate: 0.01}]}
tasks: {texts-new: {trials: 1, trials_per_job: 1}}
tables:
  table8:
    runs: runs.tsv
    pretraining: {images: 32}
    forgetting: {stages: 2}
    horizons: [1]
    methods: [naive, expo]
    primary: {methods: [expo], against: [naive], margin: 5}
"""
SHEET = "run\tdataset\tarchitecture\tfraction\tseed\ntexts-s0\ttexts\tllama\t1.0\t0\n"


def test_a_language_model_is_trained_predicted_and_scored(tmp_path):
    (tmp_path / "overlay.yaml").write_text(OVERLAY)
    (tmp_path / "runs.tsv").write_text(SHEET)
    configs = [PROJECT / f"config/{name}.yaml" for name in ("smoke", "language")]
    run = subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--cores", "2"),
            *("--snakefile", PROJECT / "Snakefile"),
            *("--configfile", *configs, "overlay.yaml", "--", "results/table8.csv"),
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    table = pd.read_csv(tmp_path / "results/table8.csv")
    assert table["metric"].unique().tolist() == ["word_perplexity", "bits_per_byte"]
    assert table["method"].unique().tolist() == ["naive", "expo"]
    bits = table[table["metric"] == "bits_per_byte"]
    assert bits["mean"].between(1, 7).all()
    # Accuracy of the next character, on texts of the topics of D_0.
    assert bits["zero_shot"].between(0, 50).all()
    page = (tmp_path / "results/table8.md").read_text()
    assert "perplexity per word (lower is better)" in page.lower()
