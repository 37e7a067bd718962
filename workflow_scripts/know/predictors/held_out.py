"""How far methods miss the true weights of trajectories that no training has seen."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from know.hypernetwork.roles import HeldOut
from know.predictors.methods import load_models, with_options
from know.records import PredictionError
from know.store.read import Trajectory
from know.store.shards import open_shard
from know.weights.kinds import PREDICTED_KINDS, Kind

log = logging.getLogger("know")

# Shape suffixes: T stages of a trajectory (stage 0 first), S stages of a window (oldest
# knowledge first); further dimensions are the weight's.

_GROUPS = ("trials", "family", "dataset")


@dataclass(frozen=True, kw_only=True)
class ComparedMethod:
    """A row of the table of held-out errors."""

    method: str
    predictor: str
    options: Mapping[str, Any] = field(default_factory=dict)
    hyper_models: Sequence[str] = ()
    """Files for conv, fc and bias in this order, or none."""

    def function(self, device: torch.device) -> Callable[..., Tensor]:
        """The predictor with its options and hyper-models bound.

        Args:
            device: where the hyper-models go.

        Raises:
            KnowError: if there is no such predictor or option, or a file is damaged.
        """
        function = with_options(self.predictor, self.options)
        if not self.hyper_models:
            return function
        paths = [Path(path) for path in self.hyper_models]
        return partial(function, models=load_models(paths, device))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is compared on each shard."""

    methods: Sequence[ComparedMethod]
    stages: int
    """S, how many stages every method sees."""
    horizons: Sequence[int]
    trials: int
    """Most trials of a group that are taken of one shard, the first ones."""


def held_out_errors(
    shard: Path, comparison: Comparison, held_out: HeldOut, *, device: torch.device
) -> list[PredictionError]:
    """Predict every window of a shard's held-out trials by every method.

    Args:
        shard: file of meta-data.
        comparison: methods and how many trials.
        held_out: which trials no training has seen.
        device: where it is computed.

    Returns:
        A record for each trial, window, horizon, kind and method; windows in which no
        weight of a kind moves are left out for all methods alike.

    Raises:
        KnowError: if a file is damaged or a method refuses a window.
    """
    predict = {method.method: method.function(device) for method in comparison.methods}
    errors: list[PredictionError] = []
    taken: Counter[str] = Counter()
    with open_shard(shard) as trials:
        for trial in trials:
            group = held_out.role(trial.attributes.settings)
            if group not in _GROUPS or taken[group] == comparison.trials:
                continue
            taken[group] += 1
            for kind in PREDICTED_KINDS:
                errors += _of_kind(trial, kind, group, comparison, predict, device)
    log.info("%s: %s trials", shard.name, dict(taken))
    return errors


def _of_kind(
    trial: Trajectory,
    kind: Kind,
    group: str,
    comparison: Comparison,
    predict: Mapping[str, Callable[..., Tensor]],
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
            for method, function in predict.items():
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
