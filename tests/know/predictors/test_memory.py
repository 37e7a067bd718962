"""A prediction's memory grows neither with the network nor with its largest tensor."""

import importlib
from pathlib import Path

import pytest

from know.weights.tensor_reader import open_tensors

pytestmark = pytest.mark.slow

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
FEW, MANY = 2**22, 2**25
BOUND = 10**8


@pytest.fixture(scope="module")
def tool():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield importlib.import_module("predict_billion")


@pytest.mark.parametrize("method", ["soup", "linear-meta"])
@pytest.mark.parametrize("largest", [FEW, MANY])
def test_eight_times_the_weights_take_no_more_memory(tool, tmp_path, largest, method):
    peaks = []
    for weights in (FEW, MANY):
        folder = tmp_path / str(weights)
        shapes = {
            f"layers.{number}.weight": (1, min(weights, largest))
            for number in range(max(1, weights // largest))
        }
        tool.write_stages(folder, shapes, stages=5)
        outcome = tool.predict(folder, method=method, limit=2 * 10**9, threads=1)
        peaks.append(outcome.peak)
        with open_tensors(
            folder / "out" / "model-00001-of-00001.safetensors"
        ) as output:
            assert sum(value.numel() for value in output.layout.values()) == weights
    # All stages of the larger network are three times the bound.
    assert peaks[1] - peaks[0] < BOUND
