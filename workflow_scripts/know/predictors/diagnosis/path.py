"""Is the path smooth? Angles, curvature, straightness and rank of a trajectory."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from know.store.describe import ALL_PREDICTED, inner_products
from know.store.read import Trajectory
from know.weights.kinds import PREDICTED_KINDS

# Shape suffixes: S stages (stage 0 first), D the S - 1 steps from each stage to the
# next, towards less data. A matrix of products _SS has Theta_0 in its first row and
# column and the steps in the others.


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

    The store is read window by window: memory does not grow with the network.

    Args:
        trajectory: an open store of two stages or more.
    """
    # Of the inner products of stages and steps, those of Theta_0 and the steps.
    rows = [0, *range(trajectory.num_stages, 2 * trajectory.num_stages - 1)]
    return tuple(
        shape_of(products_RR[rows][:, rows], kind=kind)
        for kind, products_RR in inner_products(trajectory).items()
        if kind in (*PREDICTED_KINDS, ALL_PREDICTED)
    )


def shape_of(products_SS: Tensor, *, kind: str) -> PathShape:
    """The shape of a path from inner products alone.

    Args:
        products_SS: inner products of Theta_0 and of the S - 1 steps, float64.
        kind: name of the tensors they were summed over.
    """
    steps_DD, energies_S = products_SS[1:, 1:], products_SS.diagonal()
    lengths_S = energies_S.sqrt()
    # NaN wherever a length is 0, here and in all that follows from it.
    cosines_SS = (products_SS / torch.outer(lengths_S, lengths_S)).clamp(-1, 1)
    norm, lengths_D, energy = lengths_S[0], lengths_S[1:], energies_S[1:].sum()
    angles = cosines_SS.diagonal(1)[1:].acos()
    per_length = angles / ((lengths_D[1:] + lengths_D[:-1]) / 2)
    along = products_SS[0, 1:].square().sum() / (energy * energies_S[0])
    shares_D = torch.linalg.eigvalsh(steps_DD).clamp(min=0) / energy
    return PathShape(
        kind=kind,
        norm=float(norm),
        step_lengths=tuple(lengths_D.tolist()),
        angles=_known(angles.rad2deg()),
        curvature=_number(per_length.nanmean() * norm),
        straightness=_number(steps_DD.sum().clamp(min=0).sqrt() / lengths_D.sum()),
        effective_rank=_number(torch.special.entr(shares_D).sum().exp()),
        cosines_to_start=_known(cosines_SS[0, 1:]),
        share_along=_number(along.clamp(max=1)),
        share_across=_number(1 - along.clamp(max=1)),
    )


def _number(value: float | Tensor) -> float | None:
    return None if math.isnan(value) else float(value)


def _known(values: Tensor) -> tuple[float | None, ...]:
    return tuple(map(_number, values.tolist()))
