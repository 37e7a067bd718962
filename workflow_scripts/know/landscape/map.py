"""The map of a landscape: its plane, and the weights that have a name on it.

The plane is that of the first two principal components of a few weight vectors.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from know.errors import KnowError
from know.weights.checkpoint import load_checkpoint, save_checkpoint

# Shape suffixes: W weight vectors, P weights of each, A = 2 axes of the plane.


@dataclass(frozen=True, kw_only=True)
class Plane:
    """A plane in weight space. All tensors are float64."""

    mean_P: Tensor
    """Origin, the mean of the vectors it was fitted to."""
    axes_AP: Tensor
    """Orthonormal; the first has the most variance along it."""
    explained: tuple[float, float]
    """Share of the vectors' variance along each axis."""

    def coordinates(self, vectors_WP: Tensor) -> Tensor:
        """Coordinates of vectors on the plane, shape (W, A), float64."""
        return (vectors_WP.double() - self.mean_P) @ self.axes_AP.T

    def share_within(self, step_P: Tensor) -> float | None:
        """Share of a step's squared length in the plane; None without a step."""
        step_P = step_P.double()
        square = float(step_P @ step_P)
        within = float((self.axes_AP @ step_P).square().sum())
        return within / square if square else None


def principal_plane(vectors_WP: Tensor) -> Plane:
    """Fit the plane by principal component analysis.

    The axes come from the W x W matrix of inner products, so that W vectors of any
    length cost W^2 products. Their signs are fixed: the first vector lies at the left,
    and on the second axis the vector farthest from the origin above it.

    Args:
        vectors_WP: at least three vectors.

    Raises:
        KnowError: if the vectors lie on one line.
    """
    centred_WP = vectors_WP.double()
    mean_P = centred_WP.mean(0)
    centred_WP = centred_WP - mean_P
    variances_W, shares_WW = torch.linalg.eigh(centred_WP @ centred_WP.T)
    variances_A, shares_AW = variances_W[-2:].flip(0), shares_WW[:, -2:].T.flip(0)
    total = float(variances_W.clamp(min=0).sum())
    if len(vectors_WP) < 3 or not float(variances_A[1]) > 1e-12 * total:
        raise KnowError(
            f"a plane wants three weight vectors that are not on one line, got "
            f"{len(vectors_WP)} with variances {variances_A.tolist()} along the axes"
        )
    axes_AP = shares_AW @ centred_WP
    axes_AP /= axes_AP.norm(dim=1, keepdim=True)
    placed_WA = centred_WP @ axes_AP.T
    if placed_WA[0, 0] > 0:
        axes_AP[0].neg_()
    if placed_WA[placed_WA[:, 1].abs().argmax(), 1] < 0:
        axes_AP[1].neg_()
    first, second = (variances_A / total).tolist()
    return Plane(mean_P=mean_P, axes_AP=axes_AP, explained=(first, second))


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
    """Join the blocks that `evaluate_points` returned, in the order of their files."""
    blocks = [load_checkpoint(path)[0] for path in paths]
    return {
        name: torch.cat([block[name] for block in blocks]).numpy() for name in blocks[0]
    }
