"""What was made stays made when it is copied, moved, linked or carried elsewhere."""

import os
import shutil

import pytest
from test_same_bytes import results_of

pytestmark = pytest.mark.workflow

SCORE = "scores/digits/smoke-s0/naive/block-0.json"


def reverse_times(folder):
    """Make every file older than those made from it, as a copy may that loses times."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    files.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for number, path in enumerate(files):
        os.utime(path, (1.7e9 + 10 * number,) * 2)


def test_a_folder_that_moved_runs_what_is_missing_alone(
    finished_run, copy_finished, tmp_path
):
    # Another disk, a link to it, a space in the path, and no times: all at once.
    moved = copy_finished(tmp_path / "a b")
    results = moved.folder / "results"
    elsewhere = results.rename(tmp_path / "c d")
    results.symlink_to(elsewhere)
    reverse_times(elsewhere)
    assert moved.planned() == set()
    for name in (SCORE, "table1.csv"):
        (results / name).unlink()
    run = moved.snakemake("--cores", "1")
    assert run.returncode == 0, run.stdout
    assert "2 of 2 steps" in run.stdout
    assert results_of(moved.folder) == results_of(finished_run.folder)


def test_results_alone_run_nothing_in_a_fresh_clone(finished_run, fresh):
    shutil.copytree(finished_run.folder / "results", fresh.folder / "results")
    assert fresh.planned() == set()
    # Without times, and without Snakemake's notes of contents, somebody has to say so.
    reverse_times(fresh.folder / "results")
    assert fresh.planned() > {"table1.csv", SCORE}
    assert fresh.snakemake("--touch", "--cores", "1").returncode == 0
    assert fresh.planned() == set()
