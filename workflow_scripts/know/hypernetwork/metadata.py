"""Meta-data: forgetting trajectories of many small networks, to learn from."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from know.data.arrays import ImageDataset
from know.errors import DivergedError
from know.forgetting.ladder import Ladder, Pretraining, TrainedStage
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
) -> Iterator[ShardTrial | LeftOutTrial]:
    """Train the trials of a shard and yield their trajectories.

    Stages are sequential, as in the paper; the authors' sample script reloads one
    initial state at every stage instead. Decision 5.

    Args:
        settings: what trials are drawn from.
        datasets: data sets to draw from.
        numbers: numbers of the trials.
        device: where they train.
        code: version of the code, for the attributes.

    Yields:
        Weights by stage, kinds and attributes of each trial; of one that diverges its
        number, its settings and the reason.
    """
    sizes = [len(dataset.train_labels) for dataset in datasets]
    for number in numbers:
        trial = draw_trial(settings, number, sizes=sizes)
        log.info("%s", trial)
        ladder = Ladder(
            datasets[trial.dataset], _pretraining(settings, trial), device=device
        )
        facts = {
            **_facts(trial, ladder.dataset.name),
            "measured": len(ladder.measured),
        }
        try:
            stages = _train_stages(ladder, rate=trial.rate, stages=settings.stages)
        except DivergedError as error:
            log.warning("trial %d is left out: %s", number, error)
            yield LeftOutTrial(number=number, reason=str(error), settings=facts)
        else:
            yield ShardTrial(
                states=[stage.state for stage in stages],
                kinds=tensor_kinds(ladder.network()),
                attributes=_attributes(ladder, stages, facts, code),
            )


def _train_stages(ladder: Ladder, *, rate: float, stages: int) -> list[TrainedStage]:
    """Train one stage after another, each from the weights of the one before."""
    trained: list[TrainedStage] = []
    for stage, samples in enumerate(ladder.sizes(rate=rate, stages=stages)):
        before = trained[-1] if trained else None
        result = ladder.train_stage(
            samples=samples,
            purpose="forgetting",
            stage=stage,
            start=before.state if before else None,
            optimizer_state=before.optimizer_state if before else None,
        )
        # The last step can spoil the weights after a loss that was finite.
        if not all(bool(value.isfinite().all()) for value in result.state.values()):
            raise DivergedError(f"stage {stage} ends in weights that are not finite")
        trained.append(result)
    return trained


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
