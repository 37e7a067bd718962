"""A map of a route and of what methods predict, with distances to the truth."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from know.landscape.ground import Ground, principal_plane
from know.landscape.route import Route, predicted_names, predicted_vector
from know.landscape_record import ALL, COPY, TRUTH, Location
from know.predictors.assemble import predict_state
from know.weights.checkpoint import State
from know.weights.kinds import PREDICTED_KINDS

log = logging.getLogger("know")

# Shape suffixes: W weight vectors, P weights of each; K weights of one kind.


def survey(
    route: Route,
    methods: Mapping[str, Callable[..., Tensor]],
    ground: Ground,
    *,
    rate: float,
) -> tuple[State, dict[str, Any], list[Location]]:
    """Predict all true weights with every method, and locate them on a map.

    The plane is spanned by the route's principal components; predictions are projected
    onto it and do not change it.

    Args:
        route: true weights, and the stages that methods see.
        methods: predictors by the method's id, with their options bound.
        ground: where accuracy is measured.
        rate: share of the samples that each stage keeps.

    Returns:
        Tensors and facts of the map, for a checkpoint: `mean` and `axes` of the plane;
        the `landmarks`, first the stages of the route, whose `method` is None, with
        `landmark_coordinates` and `landmark_accuracy` in percent points. The locations
        of Theta_0, the truth and each prediction for every horizon, per kind and for
        all kinds together.

    Raises:
        KnowError: if a method refuses the trajectory.
    """
    plane = principal_plane(route.vectors)
    named: dict[tuple[str | None, int], State] = {
        (None, number): route.stage(number) for number in route.numbers
    }
    for method, function in methods.items():
        for horizon in range(1, route.truths + 1):
            named[method, -horizon] = predict_state(
                route.history, route.kinds, function, horizon=horizon, rate=rate
            )
    vectors_WP = torch.stack([predicted_vector(s, route.kinds) for s in named.values()])
    accuracies = [ground.accuracy(state) for state in named.values()]
    log.info(
        "%s: %.1f %% and %.1f %% of the route's variance along the axes, %d landmarks",
        ground.run,
        *(100 * share for share in plane.explained),
        len(named),
    )
    base_P = predicted_vector(route.stage(0), route.kinds)
    located = [
        Location(
            run=ground.run,
            seed=ground.seed,
            method=method or (TRUTH if stage else COPY),
            horizon=-target,
            shown=plane.share_within(vector_P - base_P) if offset.kind == ALL else None,
            accuracy=accuracy if offset.kind == ALL else None,
            **asdict(offset),
        )
        for ((method, stage), state), vector_P, accuracy in zip(
            named.items(), vectors_WP, accuracies, strict=True
        )
        for target in _targets(stage, route.truths)
        for offset in offsets(
            state,
            base=route.stage(0),
            truth=route.stage(target),
            kinds=route.kinds,
        )
    ]
    tensors = {
        "mean": plane.mean_P,
        "axes": plane.axes_AP,
        "landmark_coordinates": plane.coordinates(vectors_WP),
        "landmark_accuracy": torch.tensor(accuracies, dtype=torch.float64),
    }
    facts = {
        "run": ground.run,
        "explained": plane.explained,
        "landmarks": [{"method": method, "stage": stage} for method, stage in named],
    }
    return tensors, facts, located


def _targets(stage: int, truths: int) -> Sequence[int]:
    """True stages to compare with: a stage's own, or all of them with Theta_0."""
    if stage == 0:
        return range(-1, -truths - 1, -1)
    return [stage] if stage < 0 else []


@dataclass(frozen=True, kw_only=True)
class Offset:
    """Where weights of one kind lie between a base and the truth, as in `Location`."""

    kind: str
    distance: float
    step: float
    cosine: float | None


def offsets(
    weights: State, *, base: State, truth: State, kinds: Mapping[str, str]
) -> Iterator[Offset]:
    """Compare weights with the truth, per kind and then for all predicted kinds.

    Args:
        weights: a prediction, or anything of its layout.
        base: Theta_0.
        truth: weights of more data.
        kinds: kind of each tensor.

    Yields:
        One offset for each kind in which base and truth differ; summed in float64.
    """
    names = predicted_names(base, kinds)
    of_kind = {k: [n for n in names if kinds[n] == k] for k in PREDICTED_KINDS}
    for kind, members in [*of_kind.items(), (ALL, names)]:
        if not members:
            continue
        base_K = _vector(base, members)
        step_K = _vector(weights, members) - base_K
        true_K = _vector(truth, members) - base_K
        step, true = float(step_K.norm()), float(true_K.norm())
        if true:
            yield Offset(
                kind=kind,
                distance=float((step_K - true_K).norm()) / true,
                step=step / true,
                cosine=float(step_K @ true_K) / (step * true) if step else None,
            )


def _vector(state: State, names: Sequence[str]) -> Tensor:
    return torch.cat([state[name].detach().double().reshape(-1) for name in names])
