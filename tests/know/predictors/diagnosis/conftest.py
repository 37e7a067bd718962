"""Trajectories that are made up, point by point."""

import pytest
import torch

from know.store.attributes import StageRecord, TrajectoryAttributes
from know.store.write import write_trajectory

KINDS = {"filter": "conv", "matrix": "fc", "shift": "bias", "scale": "norm"}
SHAPES = {"filter": (4, 3, 3, 3), "matrix": (20, 30), "shift": (), "scale": (5,)}


@pytest.fixture
def attributes():
    """Maker of attributes from accuracies on D_0, 1024 images; halved every stage."""

    def make(accuracies, **settings):
        return TrajectoryAttributes(
            run="made-up",
            stages=tuple(
                StageRecord(
                    samples=1024 >> stage,
                    epochs=1,
                    learning_rate=0.1,
                    accuracy=accuracy,
                    test_accuracy=None,
                    checkpoint="",
                )
                for stage, accuracy in enumerate(accuracies)
            ),
            seed=0,
            code_version="",
            versions={},
            settings=settings,
        )

    return make


@pytest.fixture
def states():
    """Maker of random states along a path: how far each stage goes in its own way."""

    def make(kind, num_stages=5):
        generator = torch.Generator().manual_seed(0)

        def draw():
            # Sixteenths: sums of a few of them are exact in float32.
            return {
                name: torch.randint(-32, 33, shape, generator=generator) / 16
                for name, shape in SHAPES.items()
            }

        found, way = [draw()], draw()
        for _ in range(num_stages - 1):
            if kind == "walk":
                way = draw()
            found.append({name: found[-1][name] + way[name] for name in SHAPES})
        return found

    return make


@pytest.fixture
def store(tmp_path, attributes):
    """Writer of states, with an accuracy each, as a trajectory store."""

    def write(states, accuracies=None, kinds=KINDS):
        accuracies = accuracies or [90.0 - 10 * stage for stage in range(len(states))]
        path = tmp_path / "made-up.zarr.zip"
        write_trajectory(path, states, kinds, attributes(accuracies))
        return path

    return write


@pytest.fixture
def points(store):
    """Writer of a path of one matrix of one row, point by point."""

    def write(*rows):
        states = [{"matrix": torch.tensor([row], dtype=torch.float32)} for row in rows]
        return store(states, kinds={"matrix": "fc"})

    return write
