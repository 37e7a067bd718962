"""A map of a route and of what methods predict, with distances to the truth."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict

import torch
from torch import Tensor

from know.landscape.ground import Ground
from know.landscape.map import Landmark, Map, Plane, principal_plane
from know.landscape.route import Route
from know.landscape.vectors import ALL, offsets, predicted_vector
from know.landscape_record import COPY, TRUTH, Location
from know.predictors.assemble import predict_state
from know.weights.checkpoint import State

log = logging.getLogger("know")

# Shape suffixes: W weight vectors, P weights of each.


def survey(
    route: Route,
    methods: Mapping[str, Callable[..., Tensor]],
    ground: Ground,
    *,
    rate: float,
) -> tuple[Map, list[Location]]:
    """Predict all true weights with every method, and locate them on a map.

    The plane is spanned by the route's principal components; predictions are projected
    onto it and do not change it.

    Args:
        route: true weights, and the stages that methods see.
        methods: predictors by the method's id, with their options bound.
        ground: where accuracy is measured.
        rate: share of the samples that each stage keeps.

    Returns:
        The map, the stages of the route first. The locations of Theta_0, the truth and
        each prediction for every horizon, per kind and for all kinds together.

    Raises:
        KnowError: if a method refuses the trajectory.
    """
    plane = principal_plane(route.vectors)
    named = _named(route, methods, rate)
    states = list(named.values())
    vectors_WP = torch.stack([predicted_vector(s, route.kinds) for s in states])
    landmarks = [
        Landmark(method=method, stage=stage, coordinates=(x, y), accuracy=accuracy)
        for (method, stage), (x, y), accuracy in zip(
            named,
            plane.coordinates(vectors_WP).tolist(),
            map(ground.accuracy, states),
            strict=True,
        )
    ]
    log.info(
        "%s: %.1f %% and %.1f %% of the route's variance along the axes, %d landmarks",
        ground.run,
        *(100 * share for share in plane.explained),
        len(landmarks),
    )
    located = [
        location
        for landmark, state in zip(landmarks, states, strict=True)
        for location in _locations(landmark, state, route, plane, ground)
    ]
    return Map(run=ground.run, plane=plane, landmarks=landmarks), located


def _named(
    route: Route, methods: Mapping[str, Callable[..., Tensor]], rate: float
) -> dict[tuple[str | None, int], State]:
    """The stages of the route, then each method's prediction of each true stage."""
    named: dict[tuple[str | None, int], State] = {
        (None, number): route.stage(number) for number in route.numbers
    }
    return named | {
        (method, -horizon): predict_state(
            route.history, route.kinds, function, horizon=horizon, rate=rate
        )
        for method, function in methods.items()
        for horizon in range(1, route.truths + 1)
    }


def _locations(
    landmark: Landmark, state: State, route: Route, plane: Plane, ground: Ground
) -> Iterator[Location]:
    """A prediction or true weight against its own stage, Theta_0 against each."""
    if landmark.stage > 0:
        return
    targets = [landmark.stage] if landmark.stage else range(-1, -route.truths - 1, -1)
    base = route.stage(0)
    step_P = predicted_vector(state, route.kinds) - predicted_vector(base, route.kinds)
    for target in targets:
        truth = route.stage(target)
        for offset in offsets(state, base=base, truth=truth, kinds=route.kinds):
            is_whole = offset.kind == ALL
            yield Location(
                run=ground.run,
                seed=ground.seed,
                method=landmark.method or (TRUTH if landmark.stage else COPY),
                horizon=-target,
                shown=plane.share_within(step_P) if is_whole else None,
                accuracy=landmark.accuracy if is_whole else None,
                **asdict(offset),
            )
