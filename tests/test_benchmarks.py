"""Every benchmark runs, here at its smallest."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
# tests/know/predictors/test_memory.py runs predict_billion; startup takes minutes.
ELSEWHERE = {"machine", "predict_billion", "startup"}
SMALLEST = {
    "codecs": (
        *("--epochs", "1", "--repeats", "1", "--values", "1000", "--images", "32"),
    ),
    "lora": ("--seeds", "1", "--epochs", "1"),
    "networks": ("--batch", "2", "--repeats", "1"),
    "prediction": ("--weights", "1000", "--repeats", "1"),
    "streams": ("--pictures", "4", "--repeats", "1"),
}


def test_every_benchmark_is_run_by_a_test():
    files = {path.stem for path in BENCHMARKS.glob("*.py")}
    assert files == SMALLEST.keys() | ELSEWHERE


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALLEST)
def test_a_benchmark_prints_its_table(name):
    done = subprocess.run(
        [sys.executable, BENCHMARKS / f"{name}.py", *SMALLEST[name]],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "\n|---|" in done.stdout
