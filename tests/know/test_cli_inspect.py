"""What `know inspect` shows of each kind of file."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from know.landscape.store import write_landscape
from know.store.read import open_trajectory
from know.store.shards import RecordedRun, write_shard
from know.weights.checkpoint import save_checkpoint

GOLDEN = Path(__file__).parent / "store" / "golden" / "format-1.zarr.zip"


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
