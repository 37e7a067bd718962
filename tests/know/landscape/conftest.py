"""A tiny network that forgot, and a route through its weights."""

import numpy as np
import pytest
import torch

from know.architectures import build_network
from know.data.arrays import image_dataset, write_dataset
from know.landscape.ground import Ground
from know.landscape.route import Route
from know.weights.kinds import tensor_kinds

CPU = torch.device("cpu")
NUM_STATES = 5


@pytest.fixture
def network():
    return build_network(
        "simplenet",
        num_classes=2,
        image_size=16,
        seed=0,
        options={"width": 4, "norm": True},
    )


@pytest.fixture
def kinds(network):
    return tensor_kinds(network.state_dict())


@pytest.fixture
def states(network):
    """Weights that drift far enough to classify differently, buffers with them."""
    generator = torch.Generator().manual_seed(0)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    drifting = []
    for number in range(NUM_STATES):
        for name, value in state.items():
            if value.dtype.is_floating_point:
                drift = torch.randn(value.shape, generator=generator)
                moved = value + 0.3 * drift
                # A variance stays one.
                state[name] = moved.abs() if name.endswith("var") else moved
            else:
                state[name] = torch.full_like(value, number)
        drifting.append(dict(state))
    return drifting


@pytest.fixture
def route(states, kinds):
    """One true stage, then four that methods see."""
    return Route(states=states, truths=1, kinds=kinds)


@pytest.fixture
def dataset():
    rng = np.random.default_rng(0)
    # Each in a colour of its own, so that weights tell them apart.
    colours = rng.integers(0, 256, (60, 1, 1, 3), dtype=np.uint8)
    images = colours.repeat(16, axis=1).repeat(16, axis=2)
    labels = np.arange(60) % 2
    return image_dataset(
        "tiny",
        train=(images[:20], labels[:20]),
        test=(images[20:], labels[20:]),
        class_names=("even", "odd"),
        settings={},
    )


@pytest.fixture
def settings():
    """A pre-training as the config states it."""
    return {
        "network": "tiny-s3",
        "architecture": "simplenet",
        "options": {"width": 4, "norm": True},
        "images": 10,
        "seed": 3,
        "training": {
            "phases": [{"epochs": 1, "learning_rate": 0.01, "schedule": "constant"}],
            "batch_size": 5,
            "augmentation": "none",
        },
    }


@pytest.fixture
def dataset_file(dataset, tmp_path):
    write_dataset(tmp_path / "tiny-data.safetensors", dataset)
    return tmp_path / "tiny-data.safetensors"


@pytest.fixture
def ground(dataset_file, settings):
    return Ground("tiny", dataset_file, CPU, settings=settings, images=30)
