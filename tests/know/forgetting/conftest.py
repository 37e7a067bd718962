"""A data set of 40 random images and the settings of a pre-training on 24 of them."""

import numpy as np
import pytest
import torch

from know.data.arrays import image_dataset, write_dataset
from know.forgetting.ladder import Ladder, Pretraining

CPU = torch.device("cpu")


@pytest.fixture
def dataset():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (50, 16, 16, 3), dtype=np.uint8)
    labels = np.arange(50) % 2
    return image_dataset(
        "tiny",
        train=(images[:40], labels[:40]),
        test=(images[40:], labels[40:]),
        class_names=("even", "odd"),
        settings={},
    )


@pytest.fixture
def dataset_file(dataset, tmp_path):
    write_dataset(tmp_path / "tiny.safetensors", dataset)
    return tmp_path / "tiny.safetensors"


@pytest.fixture
def config():
    """Settings as the config states them."""
    return {
        "network": "tiny-s0",
        "architecture": "simplenet",
        "options": {"width": 2, "norm": True},
        "images": 24,
        "seed": 0,
        "training": {
            "phases": [{"epochs": 2, "learning_rate": 0.01, "schedule": "cosine"}],
            "batch_size": 6,
            "augmentation": "none",
        },
    }


@pytest.fixture
def make_ladder(dataset, config):
    """A maker of ladders on the tiny data set."""

    def make(**changes):
        settings = Pretraining.from_config({**config, **changes})
        return Ladder(dataset, settings, device=CPU)

    return make
