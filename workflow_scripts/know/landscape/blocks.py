"""Points in files of one job each, and all of them together."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from know.errors import raise_all
from know.weights.checkpoint import load_checkpoint, save_checkpoint


def write_block(
    path: Path, points: Mapping[str, Tensor], *, first: int, map_checksum: str
) -> None:
    """Write some points of a landscape as a checksummed safetensors file.

    Args:
        path: file to write.
        points: as `evaluate_points` gives them.
        first: number of the first point.
        map_checksum: checksum of the map whose plane they are placed on.
    """
    save_checkpoint(path, points, {"first": first, "map": map_checksum})


def read_blocks(
    paths: Sequence[Path], *, map_checksum: str
) -> dict[str, NDArray[np.float64]]:
    """Put the points of all blocks together, after checking every byte of them.

    Args:
        paths: the blocks, in the order of their points.
        map_checksum: checksum of the map that they must be placed on.

    Raises:
        KnowError: if a file is damaged; naming each block of another map, or that does
            not go on where the one before ended.
    """
    blocks: list[dict[str, Tensor]] = []
    problems: list[str] = []
    wanted = 0
    for path in paths:
        points, facts = load_checkpoint(path)
        if facts.get("map") != map_checksum:
            problems.append(f"{path} has points on another map")
        elif facts.get("first") != wanted:
            problems.append(
                f"{path} begins at point {facts.get('first')}, not {wanted}"
            )
        wanted += len(points["accuracy"])
        blocks.append(points)
    raise_all(problems, "these blocks do not make a landscape")
    return {
        name: torch.cat([points[name] for points in blocks]).numpy()
        for name in (blocks[0] if blocks else {})
    }
