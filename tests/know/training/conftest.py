"""A network of a thousand weights and images that are different from each other."""

import numpy as np
import pytest
import torch

from know.architectures import build_network
from know.training.images import put_images
from know.training.settings import Phase, TrainingSettings


@pytest.fixture
def images():
    """22 random images of 16x16 pixels in three classes."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (22, 16, 16, 3), dtype=np.uint8)
    return put_images(pixels, np.arange(22) % 3, device=torch.device("cpu"))


@pytest.fixture
def make_network():
    """A maker of equal small networks with norm layers."""

    def make(**options):
        return build_network(
            "simplenet",
            num_classes=3,
            image_size=16,
            seed=0,
            options={"width": 2, "norm": True, **options},
        )

    return make


@pytest.fixture
def make_settings():
    """A maker of settings: batches of eight, one phase of two epochs unless told."""

    def make(*phases, **settings):
        given = {"batch_size": 8, "augmentation": "none", **settings}
        usual = Phase(epochs=2, learning_rate=0.01, schedule="constant")
        return TrainingSettings(phases=phases or (usual,), **given)

    return make
