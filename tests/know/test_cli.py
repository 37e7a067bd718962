import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from know.cli import app
from know.store.shards import ShardTrial, write_shard
from know.store.trajectory import open_trajectory
from know.weights.checkpoint import save_checkpoint

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
        r"2 to 3 +fc",
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
        r"0\.weight +F32 +\(2, 3\)",
        r"1\.count\[x\] +I64 +\(\)",
    ):
        assert re.search(wanted, done.stdout), wanted


def test_inspect_refuses_a_damaged_trajectory(run, tmp_path):
    content = bytearray(GOLDEN.read_bytes())
    content[len(content) // 2] ^= 1
    path = tmp_path / "a.zarr.zip"
    path.write_bytes(content)
    done = run("inspect", path)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"know: {path} is damaged")
    assert "Traceback" not in done.stderr


def test_inspect_refuses_a_truncated_checkpoint(run, checkpoint):
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1])
    done = run("inspect", checkpoint)
    assert done.exit_code == 1
    assert f"know: {checkpoint} is damaged" in done.stderr


@pytest.mark.parametrize("name", ["a.zarr.zip", "a.safetensors", "a"])
def test_inspect_refuses_a_missing_file(run, tmp_path, name):
    done = run("inspect", tmp_path / name)
    assert done.exit_code == 1
    assert "found no file at" in done.stderr


@pytest.mark.parametrize("name", ["a.zarr.zip", "a.safetensors"])
def test_inspect_refuses_a_folder(run, tmp_path, name):
    (tmp_path / name).mkdir()
    assert run("inspect", tmp_path / name).exit_code == 1


def test_import_known_tells_what_is_wrong_with_its_folder(run, tmp_path):
    done = run("import-known", tmp_path / "nowhere", "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stderr.startswith("know: ")


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


def test_inspect_shows_each_trajectory_of_a_shard(run, tmp_path):
    trials = []
    with open_trajectory(GOLDEN) as golden:
        states = [golden.read_stage(stage) for stage in range(golden.num_stages)]
        for name in ("trial-a", "trial-b"):
            attributes = replace(golden.attributes, run=name)
            trials.append(
                ShardTrial(states=states, kinds=golden.kinds, attributes=attributes)
            )
    write_shard(tmp_path / "shard-0.zarr.zip", trials)
    done = run("inspect", tmp_path / "shard-0.zarr.zip")
    assert done.exit_code == 0, done.output
    assert re.search(r"run +trial-a, trial-b", done.stdout)
    assert done.stdout.count("Norms") == 2
