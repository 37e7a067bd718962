"""One change at a time, and exactly the jobs that it makes necessary."""

import os

import pytest

pytestmark = pytest.mark.workflow

RUN = "smoke-s0"
EXTRAPOLATING = ("tsv", "soup", "shrink-perturb", "known", "known-same-norms")
FITTED = ("line-search", "subspace")
TRAINED = ("naive", "longer", "ema", "swa", "incremental", "oracle")
METHODS = (*TRAINED, *EXTRAPOLATING, *FITTED)
TABLE = {"table1.csv"}


def scores(*methods, block=0):
    return {f"scores/digits/{RUN}/{method}/block-{block}.json" for method in methods}


def predictions(*methods):
    return {f"predictions/{RUN}/{method}/n1.safetensors" for method in methods}


# What comes after the stages of forgetting.
AFTER_FORGETTING = {
    f"trajectories/{RUN}.zarr.zip",
    *predictions(*EXTRAPOLATING),
    *(f"fitted/{RUN}/{method}.safetensors" for method in FITTED),
    *scores(*EXTRAPOLATING, *FITTED),
    *TABLE,
}


# What comes after the data, but for KNOWN, which learns from networks of its own.
AFTER_PRETRAINING = {
    *(
        f"networks/shapes-simplenet-norm-{name}.safetensors"
        for name in ("60-s0", "120-s0", "60-s0-e4")
    ),
    *(f"forgetting/{RUN}/stage-{stage}.safetensors" for stage in (1, 2)),
    f"incremental/{RUN}.safetensors",
    *AFTER_FORGETTING,
    *scores("naive", "longer", "ema", "swa", "incremental", "oracle"),
}
KINDS = ("conv", "fc", "bias")
# What comes after the meta-data that KNOWN learns from.
AFTER_METADATA = {
    *(f"hypernetworks/small/known_{kind}.safetensors" for kind in KINDS),
    *predictions("known", "known-same-norms"),
    *scores("known", "known-same-norms"),
    *TABLE,
}


def draws(*shards):
    return {f"metadata/small/draws-{shard}.safetensors" for shard in shards}


def shards(*numbers):
    return {f"metadata/small/shard-{shard}.zarr.zip" for shard in numbers}


EVERY_TRAINING = {*AFTER_PRETRAINING, *shards(0, 1), *draws(0, 1), *AFTER_METADATA}
PREDICTED_BY_TSV = {*predictions("tsv"), *scores("tsv"), *TABLE}
DIGITS = "data/digits.safetensors"


def test_nothing_changed_and_nothing_runs(finished):
    assert finished.planned() == set()


def test_a_comment_and_a_docstring_run_nothing(finished):
    finished.edit(
        "workflow_scripts/know/training/engine.py",
        '"""The training loop that every task shares."""',
        '"""Another word for the training loop."""\n# and a comment',
    )
    assert finished.planned() == set()


def test_touching_every_script_and_module_runs_nothing(finished):
    for path in (finished.folder / "workflow_scripts").rglob("*.py"):
        os.utime(path)
    assert finished.planned() == set()


def test_a_new_plug_in_of_every_kind_runs_nothing(finished):
    finished.add_plugins()
    assert finished.planned() == set()


@pytest.mark.parametrize(
    ("module", "line", "jobs"),
    [
        ("training/engine.py", "def train(", EVERY_TRAINING),
        ("architectures/simplenet.py", "def simplenet(", EVERY_TRAINING),
        ("architectures/mlp.py", "def mlp(", set()),
        ("data/sources/digits.py", "SOURCE =", {DIGITS, *scores(*METHODS), *TABLE}),
        ("data/sources/npz.py", "SOURCE =", set()),
        ("hypernetwork/models/known.py", "MODEL =", AFTER_METADATA),
        ("hypernetwork/models/known_plus.py", "MODEL =", set()),
        ("predictors/tsv.py", "@checked(", PREDICTED_BY_TSV),
        ("predictors/log_fit.py", "@checked(", set()),
        ("tasks/classification.py", "METRICS =", {*scores(*METHODS), *TABLE}),
        ("tasks/captioning.py", "METRICS =", set()),
    ],
)
def test_an_edit_of_a_module_runs_the_jobs_that_import_it(finished, module, line, jobs):
    path = f"workflow_scripts/know/{module}"
    finished.edit(path, f"\n{line}", f"\nX = 1\n\n\n{line}")
    assert finished.planned() == jobs


def test_more_shards_of_meta_data_keep_the_finished_ones(finished):
    assert finished.planned("metadata: {small: {shards: 3}}") == {
        *shards(2),
        *draws(2),
        *AFTER_METADATA,
    }


def test_another_count_of_drawn_weights_trains_no_small_network(finished):
    overlay = "metadata: {small: {weights_per_tensor: 32}}"
    assert finished.planned(overlay) == {*draws(0, 1), *AFTER_METADATA}


def test_other_held_out_trials_train_the_hypernetworks_alone(finished):
    overlay = "metadata: {small: {held_out: {families: [simplenet-norm]}}}"
    assert finished.planned(overlay) == AFTER_METADATA


def test_a_longer_meta_training_trains_the_hypernetworks_alone(finished):
    overlay = "hypernetworks: {small: {training: {epochs: 2}}}"
    assert finished.planned(overlay) == AFTER_METADATA


def test_the_downstream_learning_rate_runs_the_fine_tunings(finished):
    overlay = """
tasks:
  digits:
    training:
      phases:
        - {epochs: 2, learning_rate: 0.005, schedule: cosine, trainable: everything}
"""
    assert finished.planned(overlay) == {*scores(*METHODS), *TABLE}


def test_more_trials_run_only_the_new_ones(finished):
    overlay = "tasks: {digits: {trials: 4}}"
    assert finished.planned(overlay) == {*scores(*METHODS, block=1), *TABLE}


def test_another_rate_keeps_only_what_does_not_depend_on_it(finished):
    # At a rate of 0.6 the oracle has 100 images where it had 120.
    assert finished.planned("forgetting: {rate: 0.6}") == {
        "networks/shapes-simplenet-norm-100-s0.safetensors",
        f"forgetting/{RUN}/stage-1.safetensors",
        f"forgetting/{RUN}/stage-2.safetensors",
        f"incremental/{RUN}.safetensors",
        *AFTER_FORGETTING,
        *scores("incremental", "oracle"),
    }


def test_longer_pretraining_runs_all_but_data_and_known_itself(finished):
    overlay = """
pretraining:
  training:
    phases:
      - {epochs: 3, learning_rate: 0.002, schedule: step, trainable: everything}
"""
    # The longer one has 5 epochs for 3 as it had 4 for 2.
    longer = "networks/shapes-simplenet-norm-60-s0-e{}.safetensors"
    wanted = AFTER_PRETRAINING - {longer.format(4)} | {longer.format(5)}
    assert finished.planned(overlay) == wanted


def test_one_more_method_runs_what_it_makes(finished):
    listed = ", ".join([*METHODS, "mag-max"])
    overlay = f"tables: {{table1: {{methods: [{listed}]}}}}"
    assert finished.planned(overlay) == {
        *predictions("mag-max"),
        *scores("mag-max"),
        *TABLE,
    }


def test_another_note_runs_the_table_alone(finished):
    assert finished.planned("tables: {table1: {note: another}}") == TABLE


def test_rows_of_averages_that_go_leave_the_pretraining_as_it_is(finished):
    listed = ", ".join(name for name in METHODS if name not in ("ema", "swa"))
    overlay = f"tables: {{table1: {{methods: [{listed}]}}}}"
    assert finished.planned(overlay) == TABLE


def test_data_that_moved_run_nothing(finished):
    assert finished.planned("data_root: elsewhere") == set()


def test_other_horizons_make_only_what_is_new(finished):
    overlay = """
horizons: {}
tables: {{table1: {{horizons: [1], methods: [naive, known, known-same-norms]}}}}
"""

    def files(*horizons):
        names = (f"known-same-norms/n{horizon}" for horizon in horizons)
        return [f"results/predictions/{RUN}/{n}.safetensors" for n in names]

    table = "results/table1.csv"
    more = overlay.format([1, 2, 3])
    targets = [table, *files(1, 2, 3)]
    run = finished.snakemake("--cores", "1", overlay=more, targets=targets)
    assert run.returncode == 0, run.stdout
    for horizons in ([1, 2, 3], [1, 3], [1, 2]):
        targets = [table, *files(*horizons)]
        assert finished.planned(overlay.format(horizons), targets=targets) == set()
