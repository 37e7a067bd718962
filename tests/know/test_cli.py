import re
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn
from typer.testing import CliRunner

from know.cli import app
from know.landscape.store import write_landscape
from know.predictors import PREDICTORS
from know.store.read import open_trajectory
from know.store.shards import RecordedRun, write_shard
from know.weights.checkpoint import load_checkpoint, save_checkpoint

GOLDEN = Path(__file__).parent / "store" / "golden" / "format-1.zarr.zip"


@pytest.fixture
def run():
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "stage.safetensors"
    state = {"0.weight": torch.zeros(2, 3), "1.count[x]": torch.tensor(3)}
    save_checkpoint(path, state, {"run": "digits-s0", "stage": 2})
    return path


def test_inspect_shows_what_a_trajectory_holds(run):
    done = run("inspect", GOLDEN)
    assert done.exit_code == 0, done.output
    for wanted in (
        r"run +golden",
        r"seed +7",
        r"code version +0123456789ab",
        r"torch 2\.8\.0",
        r"0 +1,024 +12 +0\.05 +90\.00 +80\.50 +000000000000",
        r"3 +128 +12 +0\.05 +87\.00 +-",
        r"predicted +4 +91",
        r"0\.weight +float32 +\(4, 1, 3, 3\) +conv",
        r"health: checksums good, all stages complete, all values finite",
    ):
        assert re.search(wanted, done.stdout), wanted


def test_inspect_shows_what_a_checkpoint_holds(run, checkpoint):
    done = run("inspect", checkpoint)
    assert done.exit_code == 0, done.output
    for wanted in (
        r"run +digits-s0",
        r"stage +2",
        r"sha256 +[0-9a-f]{64}",
        r"0\.weight +float32 +\(2, 3\)",
        r"1\.count\[x\] +int64 +\(\)",
        r"health: the checksum is whole",
    ):
        assert re.search(wanted, done.stdout), wanted


def test_inspect_refuses_a_damaged_trajectory(run, tmp_path):
    content = bytearray(GOLDEN.read_bytes())
    content[len(content) // 2] ^= 1
    path = tmp_path / "a.zarr.zip"
    path.write_bytes(content)
    done = run("inspect", path)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"know: {path} is damaged")
    assert "Traceback" not in done.stderr


def test_import_wnn_looks_for_the_files_it_is_told(run, tmp_path):
    names = ("--conv", "a.h5", "--fc", "b.h5", "--bias", "c.h5")
    done = run("import-wnn", tmp_path, "-o", tmp_path / "out", *names)
    for name in ("a.h5", "b.h5", "c.h5"):
        assert f"{name}: there is no such file" in done.stderr


@pytest.fixture
def stage_files(tmp_path):
    """Two plain safetensors files, Theta_0 of ones before Theta_1 of zeros."""
    paths = [tmp_path / "theta-0.safetensors", tmp_path / "theta-1.safetensors"]
    for path, value in zip(paths, (1.0, 0.0), strict=True):
        state = {"fc.weight": torch.full((2, 2), value), "fc.bias": torch.zeros(2)}
        safetensors.torch.save_file(state, path)
    return paths


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


def test_inspect_says_of_a_foreign_file_that_it_is_not_sealed(run, stage_files):
    done = run("inspect", stage_files[0])
    assert done.exit_code == 0, done.output
    assert re.search(r"fc\.weight +float32 +\(2, 2\) +fc", done.stdout)
    assert "health: not sealed by know" in done.stdout


def test_inspect_shows_a_file_of_pytorch(run, tmp_path):
    torch.save({"model": {"fc.weight": torch.zeros(2, 2)}}, tmp_path / "a.pt")
    done = run("inspect", tmp_path / "a.pt")
    assert done.exit_code == 0, done.output
    assert "took the tensors under 'model'" in done.stdout
    assert re.search(r"weights +4", done.stdout)


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


def test_inspect_shows_what_a_landscape_holds(run, tmp_path):
    path = tmp_path / "digits-s0.zarr.zip"
    files = [tmp_path / "map.safetensors", tmp_path / "points.safetensors"]
    drawn = {
        "mean": torch.zeros(3),
        "axes": torch.eye(2, 3),
        "landmark_coordinates": torch.tensor([[-1.5, 0.25]]),
        "landmark_accuracy": torch.tensor([75.0]),
    }
    mark = {"method": "tsv", "stage": -1}
    facts = {"run": "digits-s0", "explained": [0.7, 0.2], "landmarks": [mark]}
    checksum = save_checkpoint(files[0], drawn, facts)
    points = {name: torch.zeros(1200) for name in ("accuracy", "position", "level")}
    points["coordinates"] = torch.zeros(1200, 2)
    save_checkpoint(files[1], points, {"map": checksum})
    write_landscape(path, files[0], files[1:], {"code_version": "c0de"})
    done = run("inspect", path)
    assert done.exit_code == 0, done.output
    for wanted in (
        r"run +digits-s0",
        r"points +1,200",
        r"code_version +c0de",
        r"-1 +tsv +-1\.500 +0\.250 +75\.00",
        r"health: checksums good, all points complete, all values finite",
    ):
        assert re.search(wanted, done.stdout), wanted


def test_inspect_shows_each_trajectory_of_a_shard(run, tmp_path):
    trials = []
    with open_trajectory(GOLDEN) as golden:
        states = [golden.read_stage(stage) for stage in range(golden.num_stages)]
        for name in ("trial-a", "trial-b"):
            attributes = replace(golden.attributes, run=name)
            trials.append(
                RecordedRun(states=states, kinds=golden.kinds, attributes=attributes)
            )
    write_shard(tmp_path / "shard-0.zarr.zip", trials)
    done = run("inspect", tmp_path / "shard-0.zarr.zip")
    assert done.exit_code == 0, done.output
    assert re.search(r"run +trial-a, trial-b", done.stdout)
    assert done.stdout.count("norms") == 2


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
