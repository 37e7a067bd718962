"""The numbers that an inspection of a trajectory shows."""

import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import torch
import zarr

from know.store.attributes import TrajectoryAttributes
from know.store.read import Trajectory, open_group, trajectory_in
from know.weights.kinds import PREDICTED_KINDS, Kind

# Shape suffixes: S stages (stage 0 first), N coordinates of a window.

ALL_PREDICTED = "predicted"
"""Name under which the predicted kinds are taken together."""


@dataclass(frozen=True, kw_only=True)
class KindSummary:
    """One kind of tensor, or all predicted kinds together, over the stages."""

    kind: str
    tensors: int
    values: int
    norms: tuple[float, ...]
    """Norm of the weights after each stage."""
    step_lengths: tuple[float, ...]
    """Norm of the difference of each stage to the one before it."""
    step_cosines: tuple[float | None, ...]
    """Cosine of each step to the step before it; None where a step has no length."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """A trajectory whose every value has been read and found finite."""

    path: Path
    checksum: str
    bytes_stored: int
    """Size of the file."""
    attributes: TrajectoryAttributes
    kinds: tuple[KindSummary, ...]
    """One for each kind that occurs, then one for the predicted kinds together."""


def describe(path: Path) -> list[Description]:
    """Read a whole trajectory store, or a shard of many, and sum it up in float64.

    Args:
        path: a file that `write_trajectory` or `write_shard` wrote.

    Returns:
        The numbers of each trajectory in it, in the order of their writing; the memory
        used is that of one window over all stages.

    Raises:
        KnowError: if the store is damaged, incomplete or not finite.
    """
    with open_group(path) as (root, checksum):
        # A trajectory is a group of arrays alone; a shard is a group of trajectories.
        trials = [group for _, group in sorted(_groups(root))]
        return [
            _description(trajectory_in(group, path, checksum))
            for group in trials or [root]
        ]


def _groups(root: zarr.Group) -> list[tuple[str, zarr.Group]]:
    return list(root.groups())


def _description(trajectory: Trajectory) -> Description:
    return Description(
        path=trajectory.path,
        checksum=trajectory.checksum,
        bytes_stored=trajectory.path.stat().st_size,
        attributes=trajectory.attributes,
        kinds=_summaries(trajectory),
    )


def _summaries(trajectory: Trajectory) -> tuple[KindSummary, ...]:
    sums = {kind: _sums(trajectory, kind) for kind in trajectory.lengths}
    members: dict[str, list[Kind]] = {kind: [kind] for kind in sums}
    predicted = [kind for kind in PREDICTED_KINDS if kind in sums]
    if predicted:
        members[ALL_PREDICTED] = predicted
    return tuple(
        _summary(trajectory, name, kinds, [sums[kind] for kind in kinds])
        for name, kinds in members.items()
    )


@dataclass(frozen=True, kw_only=True)
class _Sums:
    """Sums over coordinates, one number a stage, a step or a pair of steps."""

    squares: list[float]
    step_squares: list[float]
    step_products: list[float]


def _sums(trajectory: Trajectory, kind: Kind) -> _Sums:
    totals: dict[str, torch.Tensor] = defaultdict(
        lambda: torch.zeros((), dtype=torch.float64)
    )
    for window_SN in trajectory.windows(kind):
        weights_SN = window_SN.double()
        steps_SN = weights_SN.diff(dim=0)
        totals["squares"] = totals["squares"] + weights_SN.square().sum(1)
        totals["step_squares"] = totals["step_squares"] + steps_SN.square().sum(1)
        products_S = (steps_SN[1:] * steps_SN[:-1]).sum(1)
        totals["step_products"] = totals["step_products"] + products_S
    return _Sums(**{name: total.tolist() for name, total in totals.items()})


def _summary(
    trajectory: Trajectory, name: str, kinds: list[Kind], sums: list[_Sums]
) -> KindSummary:
    squares = _added([each.squares for each in sums])
    step_squares = _added([each.step_squares for each in sums])
    products = _added([each.step_products for each in sums])
    pairs = zip(products, step_squares, step_squares[1:], strict=False)
    cosines = [p / math.sqrt(a * b) if a * b else None for p, a, b in pairs]
    return KindSummary(
        kind=name,
        tensors=sum(entry.kind in kinds for entry in trajectory.table),
        values=sum(trajectory.lengths[kind] for kind in kinds),
        norms=tuple(math.sqrt(square) for square in squares),
        step_lengths=tuple(math.sqrt(square) for square in step_squares),
        step_cosines=(None, *cosines)[: len(step_squares)],
    )


def _added(rows: list[list[float]]) -> list[float]:
    return [math.fsum(column) for column in zip(*rows, strict=True)]
