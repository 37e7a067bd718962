"""A wrong config is refused before the first job; tests/know has every message."""

import numpy as np
import pytest

pytestmark = pytest.mark.workflow

TARGET = ["results/table1.csv"]


def refused(workflow, overlay):
    """Return what Snakemake says to `overlay`, which it must refuse without a job."""
    run = workflow.snakemake("--cores", "1", overlay=overlay, targets=TARGET)
    assert run.returncode != 0
    assert "Traceback (most recent call last)" not in run.stdout
    assert "Select jobs" not in run.stdout
    assert not (workflow.folder / "results").exists()
    return run.stdout


@pytest.mark.parametrize(
    ("overlay", "mistakes"),
    [
        (
            "{forgeting: {rate: 0.5}, pretraining: {images: many}}",
            [
                "the config is wrong:",
                "'forgeting' was unexpected",
                "pretraining.images: 'many' is not of type 'integer'",
            ],
        ),
        (
            "{methods: {known-same-norms: {of: naive}}, forgetting: {stages: 20}}",
            ["known-same-norms: it wants 'naive'", "would have no image"],
        ),
        (
            "runs: config/wrong.tsv",
            ["line 2 run: 'a_b' does not match", "line 2 seed: 'zero' is not of type"],
        ),
    ],
)
def test_all_mistakes_come_at_once(fresh, overlay, mistakes):
    (fresh.folder / "config/wrong.tsv").write_text(
        "run\tdataset\tarchitecture\tfraction\tseed\n"
        "a_b\tshapes\tsimplenet\t1.0\tzero\n"
    )
    said = refused(fresh, overlay)
    assert [mistake for mistake in mistakes if mistake not in said] == []


def test_missing_and_unreadable_data_are_named(fresh):
    broken = fresh.folder / "data" / "broken"
    broken.mkdir(parents=True)
    for split in ("train", "test"):
        images, labels = np.zeros((9, 16, 16, 3), np.uint8), np.zeros(9, np.int64)
        np.savez(
            broken / f"{split}.npz",
            images=images,
            labels=labels,
            class_names=np.array(["one"]),
        )
    whole = (broken / "train.npz").read_bytes()
    (broken / "train.npz").write_bytes(whole[: len(whole) // 2])
    said = refused(
        fresh,
        """
datasets:
  shapes: {source: npz, path: absent, size: 16, train: 120, test: 40, seed: 0}
  digits: {source: npz, path: broken, size: 16, train: 5, test: 5, seed: 0}
tasks: {digits: {images: 5}}
""",
    )
    assert "data set shapes" in said
    assert "absent" in said
    assert "data set digits" in said
    assert "train.npz" in said


def test_a_mistake_leaves_finished_results_alone(fresh):
    table = fresh.folder / "results/table1.csv"
    table.parent.mkdir()
    table.write_text("finished")
    run = fresh.snakemake("--cores", "1", overlay="horizon: [1]", targets=TARGET)
    assert run.returncode != 0
    assert table.read_text() == "finished"


def test_weights_to_start_from_that_are_not_there_are_named(fresh):
    options = "{stages: null, variant: b0, weights: weights/b0.safetensors}"
    run = fresh.snakemake(
        "-n",
        overlay=f"architectures: {{pvt-narrow: {{options: {options}}}}}",
        targets=["results/table2.csv"],
    )
    assert run.returncode != 0
    assert "Missing input files for rule pretrain_network" in run.stdout
    assert "weights/b0.safetensors" in run.stdout
