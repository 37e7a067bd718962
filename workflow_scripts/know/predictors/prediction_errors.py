"""Errors of methods on trajectories that no meta-training has seen."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import product
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


def held_out_errors(
    shard: Path,
    methods: Mapping[str, Callable[..., Tensor]],
    held_out: HeldOut,
    *,
    stages: int,
    horizons: Sequence[int],
    trials: int,
    device: torch.device,
) -> list[PredictionError]:
    """Predict every window of a shard's held-out trials by every method.

    Args:
        shard: file of meta-data.
        methods: predictors by the method's id, their options bound.
        held_out: tells which trials no training has seen.
        stages: S, number of stages that every method sees.
        horizons: stages to extrapolate.
        trials: largest number of trials of a group taken, the first ones.
        device: device to compute on.

    Returns:
        A record for each trial, window, horizon, kind and method; windows in which no
        weight of a kind moves are left out.

    Raises:
        KnowError: if a file is damaged or a method refuses a window.
    """
    errors = []
    taken: Counter[str] = Counter()
    with open_shard(shard) as found:
        for trial in found:
            facts = trial.attributes.settings
            group = held_out.role(facts)
            if group not in _GROUPS or taken[group] == trials:
                continue
            taken[group] += 1
            tensors = {kind: _tensors(trial, kind, device) for kind in PREDICTED_KINDS}
            newest_stages = range(1, trial.num_stages - stages + 1)
            for kind, newest, horizon in product(tensors, newest_stages, horizons):
                target = newest - horizon
                if target < 0:
                    continue
                windows = [t[newest : newest + stages].flip(0) for t in tensors[kind]]
                truths = [tensor[target] for tensor in tensors[kind]]
                copied = _distance([window[-1] for window in windows], truths)
                if not copied:
                    continue
                question = {"horizon": horizon, "rate": facts["rate"], "kind": kind}
                for method, predict in methods.items():
                    predicted = [predict(window, **question) for window in windows]
                    record = PredictionError(
                        method=method,
                        group=group,
                        kind=kind,
                        horizon=horizon,
                        trial=facts["number"],
                        window=target,
                        family=facts["family"],
                        dataset=facts["dataset"],
                        error=_distance(predicted, truths) / copied,
                        weights=trial.lengths[kind],
                    )
                    errors.append(record)
    log.info("%s: %s trials", shard.name, dict(taken))
    return errors


def _tensors(trial: Trajectory, kind: Kind, device: torch.device) -> list[Tensor]:
    """Each tensor of a kind over all stages, shape (T, ...)."""
    if kind not in trial.lengths:
        return []
    values_TN = trial.read_window(kind, 0, trial.lengths[kind]).to(device)
    return [
        values_TN[:, entry.window].reshape(-1, *entry.shape)
        for entry in trial.table
        if entry.kind == kind and entry.size
    ]


def _distance(found: Sequence[Tensor], truths: Sequence[Tensor]) -> float:
    """Norm of the difference over all tensors together."""
    squares = [
        float((f.double() - truth.double()).square().sum())
        for f, truth in zip(found, truths, strict=True)
    ]
    return float(sum(squares) ** 0.5)
