"""A prediction's memory grows with the largest tensor, not with the network."""

import importlib
from pathlib import Path

import pytest

from know.weights.tensor_reader import open_tensors

pytestmark = pytest.mark.slow

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
LARGEST = 62_500
FEW, MANY = 8 * LARGEST, 64 * LARGEST
BOUND = 16 * 2**20


@pytest.fixture(scope="module")
def tool():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield importlib.import_module("predict_billion")


def test_eight_times_the_weights_take_no_more_memory(tool, tmp_path):
    peaks = []
    for weights in (FEW, MANY):
        folder = tmp_path / str(weights)
        folder.mkdir()
        read = tool.write_inputs(folder, weights=weights, largest=LARGEST)
        peaks.append(tool.predict(folder, limit=2 * 10**9, threads=1).peak)
        with open_tensors(folder / "out.safetensors") as output:
            assert len(output.layout) == weights // LARGEST
    # The files of the stages hold more than four times the bound.
    assert read > 4 * BOUND
    assert peaks[1] - peaks[0] < BOUND
