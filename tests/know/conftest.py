"""Weights and records that tests of several rooms start from."""

import math
import signal

import pytest
import safetensors.torch
import torch
from typer.testing import CliRunner

from know import preemption
from know.cli import app
from know.hypernetwork.models.known import Known
from know.store.attributes import StageRecord, TrajectoryAttributes


@pytest.fixture
def make_attributes():
    """A maker of the attributes of a trajectory whose stages say nothing."""

    def make(run, *, stages, settings=None):
        record = StageRecord(
            samples=1,
            epochs=1,
            learning_rate=0.1,
            accuracy=None,
            test_accuracy=None,
            checkpoint="",
        )
        return TrajectoryAttributes(
            run=run,
            stages=[record] * stages,
            seed=0,
            code_version="",
            versions={},
            settings=settings or {},
        )

    return make


@pytest.fixture
def rows():
    """The six weights A .. F of the vectors at five stages, oldest knowledge first."""
    newest_first = [
        [1, 0.9, 0.8, 0.7, 0.6],
        [1, 0.75, 0.625, 0.5625, 0.53125],
        [0.2, -0.1, 0.05, -0.3, 0.1],
        [0.3] * 5,
        [-0.5, -0.4, -0.35, -0.1, -0.05],
        [0.0] * 5,
    ]
    return torch.tensor(newest_first, dtype=torch.float64).T.flip(0)


@pytest.fixture
def synthetic():
    """A maker of hypernetworks whose numbers follow a formula."""

    def make(stages, network=Known):
        model = network(stages).double()
        with torch.no_grad():
            for number, layer in enumerate(model.layers()):
                i = torch.arange(layer.in_features, dtype=torch.float64)
                j = torch.arange(layer.out_features, dtype=torch.float64)[:, None]
                angle = 0.7 * i + 1.3 * j + 0.9 * number + 0.05 * i * j
                layer.weight.copy_(1.5 * angle.sin() / math.sqrt(layer.in_features))
                layer.bias.copy_(0.1 * (j[:, 0] + number).cos())
        return model

    return make


@pytest.fixture
def warn(monkeypatch):
    """What Slurm does before it ends a job, to a process that heeds it."""
    monkeypatch.setattr(preemption, "_received", [])
    before = [signal.getsignal(number) for number in preemption.WARNINGS]
    preemption.heed_warnings()
    yield lambda *_: signal.raise_signal(signal.SIGUSR1)
    for number, handler in zip(preemption.WARNINGS, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def same():
    """A check that two state dicts hold the same bits."""

    def check(found, wanted):
        assert set(found) == set(wanted)
        assert [n for n in wanted if not torch.equal(found[n], wanted[n])] == []

    return check


@pytest.fixture
def run():
    """A call of `know` on the command line."""
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def stage_files(tmp_path):
    """Two plain safetensors files, Theta_0 of ones before Theta_1 of zeros."""
    paths = [tmp_path / "theta-0.safetensors", tmp_path / "theta-1.safetensors"]
    for path, value in zip(paths, (1.0, 0.0), strict=True):
        state = {"fc.weight": torch.full((2, 2), value), "fc.bias": torch.zeros(2)}
        safetensors.torch.save_file(state, path)
    return paths
