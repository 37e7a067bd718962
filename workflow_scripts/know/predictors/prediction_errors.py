"""Errors of methods on trajectories that no meta-training has seen."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from know.hypernetwork.roles import HeldOut
from know.records import PredictionError
from know.store.read import Trajectory
from know.store.shards import open_shard
from know.weights.kinds import PREDICTED_KINDS, Kind

log = logging.getLogger("know")

# Shape suffixes: T stages of a trajectory (stage 0 first), S stages of a window (oldest
# knowledge first); further dimensions are the weight's.

_GROUPS = ("trials", "family", "dataset")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The windows of each shard on which methods are compared."""

    stages: int
    """S, number of stages that every method sees."""
    horizons: Sequence[int]
    trials: int
    """Largest number of trials of a group taken from one shard, the first ones."""


def held_out_errors(
    shard: Path,
    methods: Mapping[str, Callable[..., Tensor]],
    comparison: Comparison,
    held_out: HeldOut,
    *,
    device: torch.device,
) -> list[PredictionError]:
    """Predict every window of a shard's held-out trials by every method.

    Args:
        shard: file of meta-data.
        methods: predictors by the method's id, their options bound.
        comparison: windows and number of trials.
        held_out: tells which trials no training has seen.
        device: device to compute on.

    Returns:
        A record for each trial, window, horizon, kind and method; windows in which no
        weight of a kind moves are left out.

    Raises:
        KnowError: if a file is damaged or a method refuses a window.
    """
    errors: list[PredictionError] = []
    taken: Counter[str] = Counter()
    with open_shard(shard) as trials:
        for trial in trials:
            group = held_out.role(trial.attributes.settings)
            if group not in _GROUPS or taken[group] == comparison.trials:
                continue
            taken[group] += 1
            for kind in PREDICTED_KINDS:
                errors += _of_kind(trial, kind, group, comparison, methods, device)
    log.info("%s: %s trials", shard.name, dict(taken))
    return errors


def _of_kind(
    trial: Trajectory,
    kind: Kind,
    group: str,
    comparison: Comparison,
    methods: Mapping[str, Callable[..., Tensor]],
    device: torch.device,
) -> Iterator[PredictionError]:
    facts = trial.attributes.settings
    tensors = _tensors(trial, kind, device)
    for newest in range(1, trial.num_stages - comparison.stages + 1):
        windows = [t[newest : newest + comparison.stages].flip(0) for t in tensors]
        for horizon in comparison.horizons:
            target = newest - horizon
            if target < 0:
                continue
            truths = [tensor[target] for tensor in tensors]
            copied = _distance([window[-1] for window in windows], truths)
            if not copied:
                continue
            for method, function in methods.items():
                call = partial(function, horizon=horizon, rate=facts["rate"], kind=kind)
                missed = _distance([call(window) for window in windows], truths)
                yield PredictionError(
                    method=method,
                    group=group,
                    kind=kind,
                    horizon=horizon,
                    trial=facts["number"],
                    window=target,
                    family=facts["family"],
                    dataset=facts["dataset"],
                    error=missed / copied,
                    weights=trial.lengths[kind],
                )


def _tensors(trial: Trajectory, kind: Kind, device: torch.device) -> list[Tensor]:
    """Each tensor of a kind over all stages, shape (T, ...)."""
    length = trial.lengths.get(kind, 0)
    values_TN = trial.read_window(kind, 0, length).to(device) if length else None
    return [
        values_TN[:, entry.window].reshape(-1, *entry.shape)
        for entry in trial.table
        if values_TN is not None and entry.kind == kind and entry.size
    ]


def _distance(found: Sequence[Tensor], truths: Sequence[Tensor]) -> float:
    """Norm of the difference over all tensors together."""
    squares = [
        float((f.double() - truth.double()).square().sum())
        for f, truth in zip(found, truths, strict=True)
    ]
    return float(sum(squares) ** 0.5)
