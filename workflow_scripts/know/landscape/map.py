"""The map of a landscape: its plane, and the weights that have a name on it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from know.errors import KnowError
from know.landscape.plane import Plane
from know.weights.checkpoint import load_checkpoint, save_checkpoint


@dataclass(frozen=True, kw_only=True)
class Landmark:
    """Named weights: a stage of the route, or a prediction."""

    method: str | None
    """Id of the method that predicts them; None for a stage of the route."""
    stage: int
    """The stage that they are or predict."""
    coordinates: tuple[float, float]
    accuracy: float
    """Accuracy on the test images, percent points."""


@dataclass(frozen=True, kw_only=True)
class Map:
    """A plane and its landmarks, the stages of the route first."""

    run: str
    plane: Plane
    landmarks: Sequence[Landmark]


def write_map(path: Path, drawn: Map) -> None:
    """Write a map as a checksummed safetensors file, whole or not at all."""
    tensors = {"mean_P": drawn.plane.mean_P, "axes_AP": drawn.plane.axes_AP}
    facts = {
        "explained": drawn.plane.explained,
        "landmarks": [asdict(landmark) for landmark in drawn.landmarks],
        "run": drawn.run,
    }
    save_checkpoint(path, tensors, facts)


def read_map(path: Path) -> tuple[Map, str]:
    """Read a map after checking every byte of its file.

    Returns:
        The map, and the checksum by which points refer to it.

    Raises:
        KnowError: if the file is missing, damaged or no map.
    """
    tensors, facts = load_checkpoint(path)
    try:
        landmarks = [
            Landmark(**{**entry, "coordinates": tuple(entry["coordinates"])})
            for entry in facts["landmarks"]
        ]
        plane = Plane(
            mean_P=tensors["mean_P"],
            axes_AP=tensors["axes_AP"],
            explained=tuple(facts["explained"]),
        )
        return Map(run=facts["run"], plane=plane, landmarks=landmarks), facts["sha256"]
    except (KeyError, TypeError) as error:
        raise KnowError(f"{path} is no map of a landscape: {error}") from error


def read_points(paths: Sequence[Path]) -> dict[str, NDArray[np.float64]]:
    """Read points and join their blocks, after checking every byte of the files.

    Args:
        paths: files of what `evaluate_points` returned, in the order of the points.

    Raises:
        KnowError: if a file is missing or damaged.
    """
    blocks = [load_checkpoint(path)[0] for path in paths]
    return {
        name: torch.cat([block[name] for block in blocks]).numpy() for name in blocks[0]
    }
