"""Small grey pictures in files."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def draw():
    """A function that fills a folder with pictures, each of one grey value."""

    def draw(folder, *values):
        folder.mkdir(parents=True, exist_ok=True)
        for value in values:
            array = np.full((2, 2, 3), value, dtype=np.uint8)
            Image.fromarray(array).save(folder / f"{value:03d}.png")

    return draw


@pytest.fixture
def shown():
    """A function that returns the grey values of images."""
    return lambda images: images[:, 0, 0, 0].tolist()
