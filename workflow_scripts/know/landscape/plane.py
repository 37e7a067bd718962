"""The plane of the first two principal components of a few weight vectors."""

from dataclasses import dataclass

import torch
from torch import Tensor

from know.errors import KnowError

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
