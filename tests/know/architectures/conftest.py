"""A batch to train on, and networks for small images."""

import pytest
import torch

from know.architectures import build_network


@pytest.fixture
def build():
    """A maker of freshly initialised networks of ten classes."""

    def make(name, *, image_size=16, seed=0, num_classes=10, **options):
        return build_network(
            name,
            num_classes=num_classes,
            image_size=image_size,
            seed=seed,
            options=options,
        )

    return make


@pytest.fixture
def batch():
    """32 random images of 16x16 pixels with mean 0, and labels of ten classes."""
    generator = torch.Generator().manual_seed(0)
    images_BCHW = torch.randn(32, 3, 16, 16, generator=generator)
    return images_BCHW, torch.arange(32) % 10
