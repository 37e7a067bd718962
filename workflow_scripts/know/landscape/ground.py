"""The plane that a landscape is drawn on, and the images that measure accuracy.

The plane is that of the first two principal components of a few weight vectors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from know.errors import KnowError
from know.forgetting.ladder import Ladder
from know.training.evaluation import accuracy
from know.weights.checkpoint import State, load_checkpoint

# Shape suffixes: W weight vectors, P weights of each, A = 2 axes of the plane.


@dataclass(frozen=True, kw_only=True)
class Plane:
    """A plane in weight space. All tensors are float64."""

    mean_P: Tensor
    """Origin, the mean of the vectors it was fitted to."""
    axes_AP: Tensor
    """Orthonormal; the first has the most variance along it."""
    explained: Sequence[float]
    """Share of the vectors' variance along each axis."""
    checksum: str = ""
    """That of the map's file, if the plane was read from one."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the plane of a map after checking every byte of its file."""
        tensors, facts = load_checkpoint(path)
        return cls(
            mean_P=tensors["mean"],
            axes_AP=tensors["axes"],
            explained=facts["explained"],
            checksum=facts["sha256"],
        )

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
    explained = (variances_A / total).tolist()
    return Plane(mean_P=mean_P, axes_AP=axes_AP, explained=explained)


class Ground:
    """A run's network and the test images that its weights are measured on."""

    def __init__(
        self,
        run: str,
        dataset: Path,
        device: torch.device,
        *,
        settings: Mapping[str, Any],
        images: int | None,
    ) -> None:
        """Build a run's network and copy its test images to the device.

        Args:
            run: id of the run.
            dataset: file of the run's pre-training data set.
            device: where accuracy is measured.
            settings: the run's pre-training, as a config states it. Inputs are centred
                by the mean of its D_0, whatever weights are measured.
            images: number of test images, the first ones; None for all.
        """
        ladder = Ladder.read(dataset, settings, device=device)
        self.run, self.seed = run, ladder.settings.seed
        self.network = ladder.network()
        self.images = ladder.test if images is None else ladder.test.first(images)

    def accuracy(self, state: State) -> float:
        """Accuracy of some weights of the network, in percent points."""
        self.network.load_state_dict(state)
        return accuracy(self.network, self.images)
