"""Weights with noise around a route, each from its own seed."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from know.landscape.ground import Ground, Plane
from know.landscape.route import Route, tensors_in
from know.randomness import seed_for
from know.weights.checkpoint import State

# Shape suffixes: S stages of a route, P weights of all predicted tensors, A = 2 axes of
# the plane, M points.


@dataclass(frozen=True, kw_only=True)
class Point:
    """Weights near a route."""

    position: float
    """Position on the route where it starts, in numbers of stages."""
    level: float
    """Share of each tensor's norm that its noise has on average."""
    vector_P: Tensor
    """Its predicted tensors, float32."""
    state: State


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """Random points around a route."""

    run: str
    """Id of the run; part of every seed."""
    route: Route
    plane: Plane
    spread: float
    """Farthest shift along each axis of the plane, as a share of the larger of the
    route's two extents."""
    level: float
    """Largest noise in all directions, as a share of each tensor's norm."""

    def point(self, number: int) -> Point:
        """Draw the point of a number, which does not depend on other points.

        It starts on the route, uniformly in the number of the stage; is shifted within
        the plane, uniformly along each axis up to `spread`; then each tensor gets
        Gaussian noise of the same relative norm, uniform up to `level`. The shift
        covers the picture: of noise in all directions, two axes among thousands show
        next to nothing.

        Source: section 4.7 of Jang et al. (arXiv 2508.05059) says "exhaustive noise
        injection along the trajectory" and no more. Noise by each tensor's norm is
        after Li et al. (arXiv 1712.09913). Decision 29.
        """
        seed = seed_for("landscape", self.run, "point", number)
        generator = torch.Generator().manual_seed(seed)
        place, right, up, strength = torch.rand(
            4, generator=generator, dtype=torch.float64
        ).tolist()
        numbers = self.route.numbers
        position = numbers[0] + place * (numbers[-1] - numbers[0])
        start_P, state = self.route.at(position)
        shift_A = self._farthest * torch.tensor(
            [2 * right - 1, 2 * up - 1], dtype=torch.float64
        )
        noise_P = torch.randn(start_P.shape, generator=generator)
        level = self.level * strength
        vector_P = start_P + (shift_A @ self.plane.axes_AP).float()
        vector_P += level * noise_P * self._scale(start_P, state)
        return Point(
            position=position,
            level=level,
            vector_P=vector_P,
            state={**state, **tensors_in(vector_P, state, self.route.kinds)},
        )

    @cached_property
    def _farthest(self) -> float:
        placed_SA = self.plane.coordinates(self.route.vectors)
        return self.spread * float((placed_SA.amax(0) - placed_SA.amin(0)).max())

    def _scale(self, start_P: Tensor, state: State) -> Tensor:
        """Root mean square of the tensor that each weight belongs to."""
        parts = tensors_in(start_P, state, self.route.kinds).values()
        scales = [part.square().mean().sqrt().expand(part.numel()) for part in parts]
        return torch.cat(scales)


def evaluate_points(
    cloud: Cloud, ground: Ground, numbers: Iterable[int]
) -> dict[str, Tensor]:
    """Draw the points of these numbers and measure their accuracy.

    Returns:
        Float64, by name, one row per point: `coordinates` on the plane, shape (M, A);
        `accuracy` in percent points, `position` on the route and `level` of the noise,
        shape (M,).
    """
    rows = []
    for point in map(cloud.point, numbers):
        (placed_A,) = cloud.plane.coordinates(point.vector_P[None]).tolist()
        accuracy = ground.accuracy(point.state)
        rows.append([*placed_A, accuracy, point.position, point.level])
    table = torch.tensor(rows, dtype=torch.float64)
    columns = {"accuracy": 2, "position": 3, "level": 4}
    return {
        "coordinates": table[:, :2].contiguous(),
        **{name: table[:, column].contiguous() for name, column in columns.items()},
    }
