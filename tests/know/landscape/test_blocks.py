import pytest
import torch

from know.errors import KnowError
from know.landscape.blocks import read_blocks, write_block

CHECKSUM = "5" * 64


@pytest.fixture
def write(tmp_path):
    """A maker of a block of two points whose accuracies are their numbers."""

    def make(first, map_checksum=CHECKSUM):
        numbers = torch.tensor([first, first + 1], dtype=torch.float64)
        points = {"accuracy": numbers, "coordinates": torch.stack([numbers] * 2, 1)}
        path = tmp_path / f"points-{first}-{map_checksum[0]}.safetensors"
        write_block(path, points, first=first, map_checksum=map_checksum)
        return path

    return make


def test_blocks_are_put_together_in_order(write):
    points = read_blocks([write(0), write(2), write(4)], map_checksum=CHECKSUM)
    assert points["accuracy"].tolist() == [0, 1, 2, 3, 4, 5]
    assert points["coordinates"].shape == (6, 2)


def test_every_block_that_does_not_fit_is_named(write):
    paths = [write(0), write(4), write(4, "6" * 64)]
    with pytest.raises(KnowError) as refused:
        read_blocks(paths, map_checksum=CHECKSUM)
    _, *problems = str(refused.value).splitlines()
    assert problems == [
        f"  - {paths[1]} begins at point 4, not 2",
        f"  - {paths[2]} has points on another map",
    ]
