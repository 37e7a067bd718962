"""A wrong config: one message that lists every mistake, before the first job."""

import numpy as np
import pytest

pytestmark = pytest.mark.workflow

TARGET = ["results/table1.csv"]


def refused(workflow, overlay):
    """What Snakemake says of `overlay`, which it has to refuse without a job."""
    run = workflow.snakemake("--cores", "1", overlay=overlay, targets=TARGET)
    assert run.returncode != 0
    assert "Traceback (most recent call last)" not in run.stdout
    assert "Select jobs" not in run.stdout
    assert not (workflow.folder / "results").exists()
    return run.stdout


def contents(folder):
    """Bytes and time of every file below `folder`."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_all_mistakes_of_a_config_come_at_once(fresh):
    said = refused(
        fresh,
        """
forgeting: {rate: 0.5}
pretraining: {images: many, training: {batch_size: 0}}
tasks: {digits: {training: {phases: [{epochs: 1, learning_rate: 1e-3}]}}}
tables: {table1: {norm_layers: warm}}
methods: {linear-fit: {predictor: linear_fit, options: {axes: stage}}}
datasets: {Bad_Id: {source: shapes, size: 16, train: 1, test: 1, seed: 0}}
""",
    )
    for mistake in (
        "'forgeting' was unexpected",
        "pretraining.images: 'many' is not of type 'integer'",
        "pretraining.training.batch_size: 0 is less than the minimum of 1",
        "learning_rate: '1e-3' is not of type 'number'",
        "'schedule' is a required property",
        "tables.table1.norm_layers: 'warm' is not one of",
        "'axes' was unexpected",
        "'Bad_Id' does not match",
    ):
        assert mistake in said


def test_all_ids_that_nothing_declares_come_at_once(fresh):
    said = refused(
        fresh,
        """
tables: {table1: {tasks: [faces], methods: [naive, wnn]}}
tasks: {digits: {dataset: letters}}
""",
    )
    for mistake in (
        "tables.table1.tasks: wanted one of tasks (digits, ",
        "found 'faces'",
        "found 'wnn'",
        "found 'letters'",
    ):
        assert mistake in said


def test_requests_that_cannot_be_met_come_at_once(fresh):
    said = refused(
        fresh,
        """
tasks: {digits: {trials: 3, trials_per_job: 2}}
pretraining: {images: 500}
forgetting: {stages: 20}
""",
    )
    for mistake in (
        "trials (3) must be a multiple of trials_per_job (2)",
        "would have no image",
        "'shapes' has 120 training images, 1000 are wanted by its oracle x2",
    ):
        assert mistake in said


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
""",
    )
    assert "data set shapes" in said
    assert "absent" in said
    assert "data set digits" in said
    assert "train.npz" in said


def test_mistakes_of_the_run_sheet_come_with_their_lines(fresh):
    sheet = fresh.folder / "config" / "wrong.tsv"
    sheet.write_text(
        "run\tdataset\tarchitecture\tfraction\tseed\n"
        "a_b\tshapes\tsimplenet\t1.5\t0\n"
        "c\tshapes\tsimplenet\t1.0\tzero\n"
    )
    said = refused(fresh, "runs: config/wrong.tsv")
    for mistake in (
        "line 2 run: 'a_b' does not match",
        "line 2 fraction: 1.5 is greater than the maximum of 1",
        "line 3 seed: 'zero' is not of type 'integer'",
    ):
        assert mistake in said


def test_a_run_that_stands_twice_in_the_sheet_is_named(fresh):
    sheet = fresh.folder / "config" / "twice.tsv"
    sheet.write_text(
        "run\tdataset\tarchitecture\tfraction\tseed\n"
        "a\tshapes\tsimplenet\t1.0\t0\n"
        "a\tshapes\tsimplenet\t1.0\t1\n"
        "b\tshapes\tsimplenet\t1.0\t1\n"
    )
    said = refused(fresh, "runs: config/twice.tsv")
    assert "the run sheet names 'a' 2 times" in said
    assert "runs a, b are one and the same" in said


def test_a_mistake_leaves_finished_results_alone(finished):
    before = contents(finished.folder / "results")
    run = finished.snakemake("--cores", "1", overlay="horizon: [1]", targets=TARGET)
    assert run.returncode != 0
    assert contents(finished.folder / "results") == before


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
