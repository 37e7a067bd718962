"""A plug-in is one new file, and config that uses it: written into a copy and run."""

import csv

import pytest
import torch

from know.weights.checkpoint import load_checkpoint

pytestmark = pytest.mark.workflow

OVERLAY = """
runs: own.tsv
datasets:
  stripes: {source: stripes, size: 8, train: 60, test: 20}
architectures:
  one-layer: {architecture: one-layer, options: {width: 4}}
pretraining: {training: {augmentation: upside-down}}
methods:
  half-way: {predictor: half-way, options: {share: 0.5}}
tasks:
  own: {like: digits, type: mistakes, dataset: stripes}
tables:
  table1: {tasks: [own], methods: [naive, half-way]}
samples:
  own: {table: table1, methods: [half-way], images: 1}
"""
TARGETS = ["results/table1.csv", "results/own.svg"]
SHEET = (
    "run\tdataset\tarchitecture\tfraction\tseed\nown-s0\tstripes\tone-layer\t1.0\t0\n"
)


@pytest.fixture(scope="module")
def run_with_plugins(copy_finished, tmp_path_factory):
    """A copy into which nothing but new files was written, and which was then run."""
    workflow = copy_finished(tmp_path_factory.mktemp("plugins") / "copy")
    workflow.add_plugins()
    (workflow.folder / "own.tsv").write_text(SHEET)
    run = workflow.snakemake("--cores", "2", overlay=OVERLAY, targets=TARGETS)
    assert run.returncode == 0, run.stdout
    return workflow


def test_the_table_has_the_method_and_the_metric_of_the_task(run_with_plugins):
    path = run_with_plugins.folder / "results/table1.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["method"] for row in rows} == {"naive", "half-way"}
    assert {row["metric"] for row in rows} == {"mistakes"}
    assert {row["run"] for row in rows} == {"own-s0"}


def test_the_prediction_is_that_of_the_method(run_with_plugins):
    results = run_with_plugins.folder / "results"
    (run,) = (results / "predictions").glob("own-s0/*/n1.safetensors")
    predicted, facts = load_checkpoint(run)
    assert facts["options"] == {"share": 0.5}
    before, last = (
        load_checkpoint(results / name)[0]["body.1.weight"]
        for name in (
            "forgetting/own-s0/stage-1.safetensors",
            "networks/stripes-one-layer-60-s0.safetensors",
        )
    )
    torch.testing.assert_close(predicted["body.1.weight"], last + 0.5 * (last - before))


def test_the_samples_are_drawn_by_the_figure(run_with_plugins):
    assert (run_with_plugins.folder / "results/own.svg").read_text().startswith("<?xml")
