"""A small trajectory whose every value can be worked out by hand, and damage to it."""

import pytest
import torch
from torch import nn

from know.store.attributes import StageRecord, TrajectoryAttributes
from know.store.write import write_trajectory
from know.weights.kinds import tensor_kinds

NUM_STAGES = 4
NUM_PLACES = 200


@pytest.fixture
def network():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 3)
    )


@pytest.fixture
def kinds(network):
    return tensor_kinds(network.state_dict())


@pytest.fixture
def stages(network):
    """Stage s holds (1, 2, 3, ...) * (s + 1) / 64 in each tensor, exact in float32."""
    return [
        {
            name: ((torch.arange(value.numel()) + 1) * (stage + 1) / 64)
            .reshape(value.shape)
            .to(value.dtype)
            for name, value in network.state_dict().items()
        }
        for stage in range(NUM_STAGES)
    ]


@pytest.fixture
def attributes():
    return TrajectoryAttributes(
        run="golden",
        stages=tuple(
            StageRecord(
                samples=1024 >> stage,
                epochs=12,
                learning_rate=0.05,
                accuracy=90.0 - stage,
                test_accuracy=None if stage else 80.5,
                checkpoint=f"{stage:064x}",
            )
            for stage in range(NUM_STAGES)
        ),
        seed=7,
        code_version="0123456789ab",
        versions={"python": "3.11.0", "torch": "2.8.0"},
        settings={"rate": 0.5},
    )


@pytest.fixture
def store(tmp_path, stages, kinds, attributes):
    path = tmp_path / "golden.zarr.zip"
    write_trajectory(path, stages, kinds, attributes)
    return path
