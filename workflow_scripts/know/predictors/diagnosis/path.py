"""Is the path smooth? Angles, curvature, straightness and rank of a trajectory."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from know.store.describe import ALL_PREDICTED
from know.store.read import Trajectory
from know.weights.kinds import PREDICTED_KINDS, Kind

# Shape suffixes: S stages (stage 0 first), N coordinates of a window, D the S - 1
# steps from each stage to the next, towards less data. A matrix of products _SS has
# Theta_0 in its first row and column and the steps in the others.


@dataclass(frozen=True, kw_only=True)
class PathShape:
    """How the weights of one kind, or all predicted ones together, move."""

    kind: str
    norm: float
    """Norm of Theta_0."""
    step_lengths: tuple[float, ...]
    """Norm of each step."""
    angles: tuple[float | None, ...]
    """Degrees between each step and the next; None where one has no length."""
    curvature: float | None
    """Radians turned while the weights move as far as Theta_0 is long: the mean, over
    the turns, of the angle over the mean length of its two steps, times the norm."""
    straightness: float | None
    """Distance between the first and the last stage over the length of the path."""
    effective_rank: float | None
    """exp(entropy) of the steps' squared singular values: between 1 and S - 1."""
    cosines_to_start: tuple[float | None, ...]
    """Cosine of each step to Theta_0; below 0 where forgetting shrinks the weights."""
    share_along: float | None
    """Share of the steps' squared lengths that lies along Theta_0."""
    share_across: float | None
    """The rest of it."""


def path_shapes(trajectory: Trajectory) -> tuple[PathShape, ...]:
    """Measure the path of each predicted kind, then of all of them together.

    Args:
        trajectory: an open store of two stages or more; read window by window, so that
            memory does not grow with the network.

    Returns:
        One for each predicted kind that occurs, and one named `predicted`.

    Raises:
        KnowError: if the store lacks a value.
    """
    kinds = [kind for kind in PREDICTED_KINDS if kind in trajectory.lengths]
    products = {kind: _inner_products(trajectory, kind) for kind in kinds}
    together_SS = torch.stack([*products.values()]).sum(0)
    named = [*products.items(), (ALL_PREDICTED, together_SS)]
    return tuple(shape_of(products_SS, kind=kind) for kind, products_SS in named)


def _inner_products(trajectory: Trajectory, kind: Kind) -> Tensor:
    """Inner products of Theta_0 and the steps, in float64."""
    stages = trajectory.num_stages
    products_SS = torch.zeros(stages, stages, dtype=torch.float64)
    for window_SN in trajectory.windows(kind):
        rows_SN = window_SN.double()
        # Not from the products of the stages: a short step would drown in rounding.
        rows_SN[1:] = rows_SN.diff(dim=0)
        products_SS += rows_SN @ rows_SN.T
    return products_SS


def shape_of(products_SS: Tensor, *, kind: str) -> PathShape:
    """The shape of a path from inner products alone.

    Args:
        products_SS: inner products of Theta_0 and of the S - 1 steps, float64.
        kind: name of the tensors they were summed over.
    """
    steps_DD = products_SS[1:, 1:]
    norm = math.sqrt(float(products_SS[0, 0]))
    lengths = [math.sqrt(float(square)) for square in steps_DD.diagonal()]
    turns = [
        _cosine(float(steps_DD[k, k + 1]), lengths[k], lengths[k + 1])
        for k in range(len(lengths) - 1)
    ]
    angles = [None if turn is None else math.acos(turn) for turn in turns]
    along = [
        _cosine(float(product), norm, length)
        for product, length in zip(products_SS[0, 1:], lengths, strict=True)
    ]
    path, energy = math.fsum(lengths), math.fsum(length**2 for length in lengths)
    share = None
    if norm and energy:
        parts = zip(along, lengths, strict=True)
        share = math.fsum(((c or 0.0) * length) ** 2 for c, length in parts) / energy
    return PathShape(
        kind=kind,
        norm=norm,
        step_lengths=tuple(lengths),
        angles=tuple(None if a is None else math.degrees(a) for a in angles),
        curvature=_curvature(angles, lengths, norm),
        straightness=math.sqrt(max(0.0, float(steps_DD.sum()))) / path
        if path
        else None,
        effective_rank=_effective_rank(steps_DD) if energy else None,
        cosines_to_start=tuple(along),
        share_along=share,
        share_across=None if share is None else 1 - share,
    )


def _cosine(product: float, length: float, other: float) -> float | None:
    if not length * other:
        return None
    return min(1.0, max(-1.0, product / (length * other)))


def _curvature(
    angles: list[float | None], lengths: list[float], norm: float
) -> float | None:
    pairs = zip(angles, lengths, lengths[1:], strict=False)
    found = [2 * angle / (a + b) * norm for angle, a, b in pairs if angle is not None]
    return math.fsum(found) / len(found) if found else None


def _effective_rank(steps_DD: Tensor) -> float:
    energies = torch.linalg.eigvalsh(steps_DD).clamp(min=0)
    shares = energies / energies.sum()
    return math.exp(float(torch.special.entr(shares).sum()))
