import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from know.predictors import PREDICTORS
from know.store.read import open_trajectory
from know.weights.checkpoint import load_checkpoint

GOLDEN = Path(__file__).parent / "store" / "golden" / "format-1.zarr.zip"


def test_import_wnn_looks_for_the_files_it_is_told(run, tmp_path):
    names = ("--conv", "a.h5", "--fc", "b.h5", "--bias", "c.h5")
    done = run("import-wnn", tmp_path, "-o", tmp_path / "out", *names)
    for name in ("a.h5", "b.h5", "c.h5"):
        assert f"{name}: there is no such file" in done.stderr


def test_predict_extrapolates_plain_files(run, stage_files, tmp_path):
    output = tmp_path / "out.safetensors"
    words = ["--method", "task-vector", "--option", "reading=scaled"]
    done = run("predict", *stage_files, "-o", output, *words)
    assert done.exit_code == 0, done.output
    assert "1 predicted: 1 fc" in done.stderr
    state, facts = load_checkpoint(output)
    assert torch.equal(state["fc.weight"], torch.full((2, 2), 2.0))
    assert facts["options"] == {"reading": "scaled"}


def test_predict_says_once_what_it_does(run, tmp_path):
    paths = [tmp_path / f"{stage}.pt" for stage in range(2)]
    for stage, path in enumerate(paths):
        network = nn.DataParallel(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)))
        nn.init.constant_(network.module[0].weight, stage)
        nn.init.zeros_(network.module[0].bias)
        torch.save({"net": network.state_dict(), "epoch": 1}, path)
    output = tmp_path / "out.pt"
    done = run("predict", *paths, "-o", output, "--method", "soup")
    assert done.exit_code == 0, done.output
    assert done.stderr.splitlines() == [
        "in every stage: took the tensors under 'net', left alone: epoch",
        "in every stage: 'module.' is left out before each name",
        "soup: from 2 stages, each on 0.5 of the data of the one before",
        "1 predicted: 1 fc",
        "1 copied from Theta_0, of kind bias, the same in all stages: 0.bias",
        "2 copied from Theta_0, of kind norm, of a layer that scales by a vector: "
        "1.weight, 1.bias",
        "2 copied from Theta_0, of kind buffer, a buffer by its name: "
        "1.running_mean, 1.running_var",
        "1 copied from Theta_0, of kind buffer, not of floating point: "
        "1.num_batches_tracked",
        "BatchNorm's means and variances are Theta_0's and do not fit predicted "
        "weights: measure them again (know.recalibrate_norms, docs/own_network.md) "
        "in 1",
        f"wrote {output}, 1 stage past Theta_0",
    ]


def test_a_prefix_is_stripped_where_the_stages_do_not_agree_on_it(
    run, stage_files, tmp_path
):
    state = safetensors.torch.load_file(stage_files[1])
    state = {f"net.{name}": value for name, value in state.items()}
    safetensors.torch.save_file(state, stage_files[1])
    output, store = tmp_path / "out.safetensors", tmp_path / "run.zarr.zip"
    done = run("predict", *stage_files, "-o", output)
    assert "stage 1: 'fc.weight' is missing" in done.stderr
    words = ["--strip-prefix", "net.", "-o"]
    done = run("predict", *stage_files, "--method", "soup", *words, output)
    assert done.exit_code == 0, done.output
    mean = load_checkpoint(output)[0]["fc.weight"]
    assert torch.equal(mean, torch.full((2, 2), 0.5))
    done = run("record", *stage_files, *words, store)
    assert done.exit_code == 0, done.output
    with open_trajectory(store) as trajectory:
        assert [entry.name for entry in trajectory.table] == ["fc.bias", "fc.weight"]


def test_a_dry_run_prints_what_would_happen_and_writes_nothing(
    run, stage_files, tmp_path
):
    before = sorted(tmp_path.iterdir())
    done = run("predict", *stage_files, "--dry-run", "--skip", "nothing*")
    assert "--skip nothing*: no tensor has such a name" in done.stderr
    done = run("predict", *stage_files, "--dry-run", "--kind", "fc.weight=conv")
    assert done.exit_code == 0, done.output
    assert re.search(r"fc\.weight +\(2, 2\) +conv +predicted +--kind fc", done.stdout)
    assert re.search(r"fc\.bias +\(2,\) +bias +copied +the same in all", done.stdout)
    assert "1 of 2 tensors would be predicted" in done.stdout
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("method", "num_stages"), [("known-plus", 5), ("known", 6), ("known", 3)]
)
def test_predict_takes_the_hypernetworks_of_the_package(
    run, tmp_path, method, num_stages
):
    stages = [tmp_path / f"stage-{stage}.safetensors" for stage in range(num_stages)]
    for stage, path in enumerate(stages):
        weight = torch.randn(3, 2, generator=torch.Generator().manual_seed(stage))
        safetensors.torch.save_file({"fc.weight": weight}, path)
    output = tmp_path / "predicted.safetensors"
    done = run("predict", *stages, "-o", output, "--method", method)
    assert done.exit_code == 0, done.output
    predicted = load_checkpoint(output)[0]["fc.weight"]
    assert not torch.equal(
        predicted, safetensors.torch.load_file(stages[0])["fc.weight"]
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--method", "tsvv"], "got 'tsvv'"),
        (["--method", "shrink", "--option", "factor"], "KEY=VALUE, got 'factor'"),
        (["--method", "shrink", "--option", "a=1"], "'a' was unexpected"),
        (["--method", "known-plus"], "no hypernetworks of known-plus for 2 stages"),
        (["--method", "shrink", "--horizon", "0"], "whole numbers from 1 on, got '0'"),
        (
            ["--method", "shrink", "--horizon", "101"],
            "1 to 100 stages to extrapolate, got [101]",
        ),
        (["--option", "a=1", "--option", "a=2"], "--option 'a' is given twice: 1, 2"),
        (["--kind", "*=fc", "--kind", "*=conv"], "--kind '*' is given twice: fc, conv"),
        (["--method", "shrink", "--option", "factor=abc"], "'abc' is not of type"),
        (["--method", "shrink", "--option", "factor=true"], "True is not of type"),
        (["--method", "tsv", "--option", "fraction=[" * 3], "is not of type 'number'"),
        (["--method", "shrink", "--option", "factor=NaN"], "'NaN' is not of type"),
        (["--kind", "fc"], "wanted a kind as GLOB=KIND, got 'fc'"),
        (["--device", "abacus"], "--device abacus: "),
        (["--strip-prefix", "net."], "no tensor's name starts with 'net.'"),
        (["--memory", "two"], "wanted a size such as 2GB or 500MB, got 'two'"),
        (["--memory", "500MB"], "'fc.weight' takes 0.7 GB"),
    ],
)
def test_predict_says_in_one_message_what_is_wrong(
    run, stage_files, tmp_path, words, message
):
    output = tmp_path / "out.safetensors"
    done = run("predict", *stage_files, "-o", output, *words)
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("out.safetensors*"))


def test_predict_needs_a_name_to_write_to(run, stage_files):
    for words in ([], ["-o", ""]):
        done = run("predict", *stage_files, *words)
        assert done.exit_code == 2
        assert "wanted a name to write to" in done.stderr


def test_predict_chooses_method_and_hypernetworks_by_the_stages(
    run, stage_files, tmp_path
):
    output = tmp_path / "out.safetensors"
    done = run("predict", *stage_files, "-o", output)
    assert done.exit_code == 0, done.output
    assert load_checkpoint(output)[1]["predictor"] == "known"
    done = run("predict", *stage_files, stage_files[1], *stage_files, "-o", output)
    assert load_checkpoint(output)[1]["predictor"] == "known"


def test_predict_takes_underscores_and_several_horizons(run, stage_files, tmp_path):
    words = ["--method", "linear_fit", "--horizon", "1,3"]
    done = run("predict", *stage_files, "-o", tmp_path / "out.safetensors", *words)
    assert done.exit_code == 0, done.output
    for horizon in (1, 3):
        state, facts = load_checkpoint(tmp_path / f"out-n{horizon}.safetensors")
        assert facts["horizon"] == horizon
        wanted = torch.full((2, 2), 1.0 + horizon)
        torch.testing.assert_close(state["fc.weight"], wanted)


def test_names_are_shown_without_control_characters(run, tmp_path):
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for number, path in enumerate(paths):
        state = {"\x1b[31mred.weight": torch.full((2, 2), 1.0 + number)}
        safetensors.torch.save_file(state, path)
    for words in (["predict", *paths, "--dry-run"], ["inspect", paths[0]]):
        done = run(*words)
        assert done.exit_code == 0, done.output
        assert "\\x1b[31mred.weight" in done.stdout
        assert "\x1b" not in done.stdout
    done = run("predict", paths[0], *paths, "--method", "soup", "-o", paths[0])
    assert done.exit_code == 2


def test_record_makes_a_store_that_predict_and_diagnose_read(
    run, stage_files, tmp_path
):
    store = tmp_path / "run.zarr.zip"
    words = ["--samples", "400,100", "--accuracy", "90,70"]
    done = run("record", *stage_files, "-o", store, *words)
    assert done.exit_code == 0, done.output
    with open_trajectory(store) as trajectory:
        assert trajectory.attributes.rate == 0.25
        assert [s.accuracy for s in trajectory.attributes.stages] == [90, 70]
        assert torch.equal(
            trajectory.read_stage(0)["fc.weight"], torch.full((2, 2), 1.0)
        )
    output = tmp_path / "out.safetensors"
    assert run("predict", store, "-o", output).exit_code == 0
    assert load_checkpoint(output)[1]["rate"] == 0.25
    for sources in ([store], stage_files):
        done = run("diagnose", *sources)
        assert done.exit_code == 0, done.output
        assert "Back-test" not in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--samples", "400"], "wanted samples of each of 2 stages, got 1"),
        (["--samples", "100,400"], "samples that fall from stage to stage"),
        (["--samples", "4e2,1"], "--samples: wanted whole numbers"),
        (["--accuracy", "good,bad"], "--accuracy: wanted a number, got 'good'"),
        ([GOLDEN], "wanted a network, found a trajectory store: "),
    ],
)
def test_record_says_what_is_wrong(run, stage_files, tmp_path, words, message):
    done = run("record", *stage_files, "-o", tmp_path / "run.zarr.zip", *words)
    assert done.exit_code == 2
    assert message in done.stderr
    assert not (tmp_path / "run.zarr.zip").exists()


def test_methods_are_listed_with_a_line_each(run):
    lines = run("methods").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(PREDICTORS)
    known = next(line for line in lines if line.startswith("known "))
    assert known.endswith("comes with the package for 2, 3, 4, 5 or more stages")


def test_the_version_is_shown(run):
    done = run("--version")
    assert (done.exit_code, done.stdout) == (0, f"know {version('know-weights')}\n")


@pytest.mark.slow
def test_the_commands_work_without_assertions(run, stage_files, tmp_path):
    def optimised(*words):
        return subprocess.run(
            [sys.executable, "-O", "-c", "from know.cli import app; app()", *words],
            capture_output=True,
            text=True,
        )

    wanted, found = tmp_path / "wanted.safetensors", tmp_path / "found.safetensors"
    words = ("predict", *stage_files, "--method", "task-vector", "-o")
    assert run(*words, wanted).exit_code == 0
    assert optimised(*words, found).returncode == 0
    assert found.read_bytes() == wanted.read_bytes()
    found.write_bytes(found.read_bytes()[:-1])
    refused = optimised("inspect", found)
    assert (refused.returncode, "damaged" in refused.stderr) == (2, True)
    refused = optimised(*words[:2], "absent.safetensors", *words[3:], tmp_path / "x")
    assert refused.returncode == 2
    assert "absent.safetensors" in refused.stderr


def test_without_a_command_the_help_is_shown(run):
    assert "import-known" in run().output


def test_the_command_line_starts_without_torch_and_zarr():
    script = (
        "import sys; import know.cli; "
        "sys.exit(bool({'torch', 'zarr', 'numpy', 'rich.console'} & {*sys.modules}))"
    )
    root = Path(__file__).parents[2] / "workflow_scripts"
    done = subprocess.run([sys.executable, "-c", script], cwd=root, check=False)
    assert done.returncode == 0


def test_plan_prints_what_the_default_means(run):
    project = Path(__file__).parents[2]
    done = run("plan", "runs/shapes-s3/settings", "--project", project)
    assert done.exit_code == 0, done.output
    assert "\nnetwork: shapes-simplenet-16-960-s3\n" in done.output


def test_plan_lays_a_config_file_over_the_default(run, tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("forgetting: {stages: 20}\n")
    project = Path(__file__).parents[2]
    done = run("plan", "--configfile", overlay, "--project", project)
    assert done.exit_code == 2
    assert "run shapes-s0: stage 19 would have no image" in done.output
