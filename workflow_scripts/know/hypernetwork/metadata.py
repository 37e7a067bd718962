"""Meta-data: forgetting trajectories of many small networks, to learn from."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from know.data.arrays import ImageDataset
from know.errors import DivergedError
from know.forgetting.ladder import Ladder, Pretraining, TrainedStage
from know.forgetting.several import train_stages
from know.hypernetwork.trials import MetaDataSettings, MetaTrial, draw_trial
from know.provenance import versions
from know.store.attributes import StageRecord, TrajectoryAttributes
from know.store.shards import LeftOutTrial, ShardTrial
from know.weights.kinds import tensor_kinds

log = logging.getLogger("know")


def collect_trials(
    settings: MetaDataSettings,
    datasets: Sequence[ImageDataset],
    numbers: Sequence[int],
    *,
    device: torch.device,
    code: str,
    at_once: bool | None = None,
) -> Iterator[ShardTrial | LeftOutTrial]:
    """Train the trials of a shard and yield their trajectories.

    Stages are sequential, as in the paper; the authors' sample script reloads one
    initial state at every stage instead. Decision 5.

    Args:
        settings: what trials are drawn from.
        datasets: data sets to draw from.
        numbers: of the trials, whole groups of those that share their draws.
        device: where they train.
        code: version of the code, for the attributes.
        at_once: whether a group's trials train as one stack; None: on an accelerator,
            where it pays, and not on the CPU, where it does not.

    Yields:
        Weights by stage, kinds and attributes of each trial; of one that diverges its
        number, its settings and the reason.
    """
    sizes = [len(dataset.train_labels) for dataset in datasets]
    stacked = device.type != "cpu" if at_once is None else at_once
    size = settings.together if stacked else 1
    for start in range(0, len(numbers), size):
        group = numbers[start : start + size]
        trials = [draw_trial(settings, number, sizes=sizes) for number in group]
        log.info("trials %s", trials)
        ladders = [
            Ladder(
                datasets[trial.dataset], _pretraining(settings, trial), device=device
            )
            for trial in trials
        ]
        outcomes = train_stages(ladders, rate=trials[0].rate, stages=settings.stages)
        for trial, ladder, outcome in zip(trials, ladders, outcomes, strict=True):
            yield _result(trial, ladder, outcome, code)


def _result(
    trial: MetaTrial,
    ladder: Ladder,
    outcome: Sequence[TrainedStage] | DivergedError,
    code: str,
) -> ShardTrial | LeftOutTrial:
    facts = {
        **_facts(trial, ladder.dataset.name),
        "measured": len(ladder.measured),
    }
    if isinstance(outcome, DivergedError):
        log.warning("trial %d is left out: %s", trial.number, outcome)
        return LeftOutTrial(number=trial.number, reason=str(outcome), settings=facts)
    return ShardTrial(
        states=[stage.state for stage in outcome],
        kinds=tensor_kinds(ladder.network()),
        attributes=_attributes(ladder, outcome, facts, code),
    )


def _pretraining(settings: MetaDataSettings, trial: MetaTrial) -> Pretraining:
    return Pretraining(
        network=f"{settings.metadata}-{trial.number:05d}",
        architecture=trial.architecture,
        options=trial.options,
        images=trial.images,
        seed=trial.seed,
        training=trial.training(settings.augmentation),
        measured=settings.measured,
    )


def _facts(trial: MetaTrial, dataset: str) -> dict[str, Any]:
    return {
        "architecture": trial.architecture,
        "batch_size": trial.batch_size,
        "dataset": dataset,
        "epochs": trial.epochs,
        "family": trial.family,
        "images": trial.images,
        "learning_rate": trial.learning_rate,
        "number": trial.number,
        "optimizer": trial.optimizer,
        "options": dict(trial.options),
        "rate": trial.rate,
        "schedule": trial.schedule,
        "weight_decay": trial.weight_decay,
    }


def _attributes(
    ladder: Ladder,
    stages: Sequence[TrainedStage],
    facts: dict[str, Any],
    code: str,
) -> TrajectoryAttributes:
    return TrajectoryAttributes(
        run=ladder.settings.network,
        stages=[
            StageRecord(
                samples=stage.facts["samples"],
                epochs=stage.facts["epochs"],
                learning_rate=stage.facts["learning_rate"],
                accuracy=stage.facts["accuracy"],
                test_accuracy=stage.facts["test_accuracy"],
                checkpoint="",
            )
            for stage in stages
        ],
        seed=ladder.settings.seed,
        code_version=code,
        versions=versions(),
        settings=facts,
    )
