"""Summary of a trajectory: norms and steps of each kind of tensor."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from know.store.attributes import TrajectoryAttributes
from know.store.read import Trajectory
from know.store.shards import open_shard
from know.weights.flatten import TensorEntry
from know.weights.kinds import PREDICTED_KINDS

# Shape suffixes: S stages (stage 0 first), N coordinates of a window, R the S stages
# and the S - 1 steps between them.

ALL_PREDICTED = "predicted"
"""Name for the predicted kinds taken together."""


@dataclass(frozen=True, kw_only=True)
class KindSummary:
    """One kind of tensor, or all predicted kinds together, over the stages."""

    kind: str
    tensors: int
    values: int
    norms: tuple[float, ...]
    """Norm of the weights after each stage."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """A trajectory whose every value has been read and found finite."""

    checksum: str
    """Checksum of the file."""
    attributes: TrajectoryAttributes
    tensors: list[TensorEntry]
    kinds: tuple[KindSummary, ...]
    """One for each kind that occurs, then one for the predicted kinds together."""


def describe(path: Path) -> list[Description]:
    """Read every value of a trajectory store, or of a shard, and summarise it.

    Memory does not grow with the network.

    Args:
        path: a file that `write_trajectory` or `write_shard` wrote.

    Returns:
        One description per trajectory, in the order of writing.

    Raises:
        KnowError: if the store is damaged, incomplete or not finite.
    """
    with open_shard(path) as trajectories:
        return [
            Description(
                checksum=trajectory.checksum,
                attributes=trajectory.attributes,
                tensors=trajectory.table,
                kinds=tuple(
                    _summary(trajectory, kind, products_RR)
                    for kind, products_RR in inner_products(trajectory).items()
                ),
            )
            for trajectory in trajectories
        ]


def inner_products(trajectory: Trajectory) -> dict[str, Tensor]:
    """Multiply the stages and steps of each kind, then of the predicted ones together.

    Returns:
        Matrices of shape (R, R), float64, for the kinds that occur.
    """
    rows = 2 * trajectory.num_stages - 1
    products: dict[str, Tensor] = {}
    for kind in trajectory.lengths:
        products[kind] = torch.zeros(rows, rows, dtype=torch.float64)
        for window_SN in trajectory.windows(kind):
            weights_SN = window_SN.double()
            # Not from the products of the stages: a short step would drown in rounding.
            window_RN = torch.cat([weights_SN, weights_SN.diff(dim=0)])
            products[kind] += window_RN @ window_RN.T
    if predicted := [products[kind] for kind in PREDICTED_KINDS if kind in products]:
        products[ALL_PREDICTED] = torch.stack(predicted).sum(0)
    return products


def _summary(trajectory: Trajectory, kind: str, products_RR: Tensor) -> KindSummary:
    kinds = PREDICTED_KINDS if kind == ALL_PREDICTED else (kind,)
    sizes = [entry.size for entry in trajectory.table if entry.kind in kinds]
    squares_S = products_RR.diagonal()[: trajectory.num_stages]
    return KindSummary(
        kind=kind,
        tensors=len(sizes),
        values=sum(sizes),
        norms=tuple(squares_S.sqrt().tolist()),
    )
