"""Meta-data: forgetting trajectories of many small networks, to learn KNOWN from."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from know.data.arrays import ImageDataset
from know.data.subsets import stage_sizes
from know.errors import DivergedError
from know.forgetting.ladder import Ladder, Pretraining, TrainedStage
from know.provenance import versions
from know.randomness import seed_for
from know.store.attributes import StageRecord, TrajectoryAttributes
from know.store.shards import ShardTrial
from know.training.settings import Phase, TrainingSettings
from know.weights.kinds import tensor_kinds

log = logging.getLogger("know")


@dataclass(frozen=True, kw_only=True)
class MetaDataSettings:
    """From what the trials of a meta-data set are drawn."""

    hypernetwork: str
    """Id of the meta-data set's hypernetwork; part of every seed."""
    families: Sequence[Mapping[str, Any]]
    """Architectures to draw from: `architecture` and `options` of each."""
    stages: int
    """Sequential stages a trial (the authors: 7)."""
    epochs: int
    """Epochs a stage."""
    images: int
    """Size of each trial's D_0."""
    rate: Sequence[float]
    """Bounds of the uniform draw of the forgetting rate (the authors: 0.3, 0.9)."""
    learning_rate: Sequence[float]
    """Bounds of the uniform draw of Adam's learning rate (the authors: 1e-5, 4e-3)."""
    smallest_batch: int
    """Lower bound of the batch size (the authors: 32); the upper one is the smallest
    subset's size, so that every stage takes a step."""
    augmentation: str


@dataclass(frozen=True, kw_only=True)
class MetaTrial:
    """One draw: which network forgets what, and how."""

    number: int
    architecture: str
    options: Mapping[str, Any]
    dataset: int
    """Index among the data sets of the meta-data set."""
    rate: float
    learning_rate: float
    batch_size: int
    seed: int


def draw_trial(
    settings: MetaDataSettings, number: int, *, num_datasets: int
) -> MetaTrial:
    """Draw one trial; each quantity has a seed of its own.

    Source: the authors' `0_Data_Collection_Sample.py`: rate, learning rate and batch
    size uniform. Where the smallest subset is smaller than the smallest batch, the
    whole subset is the batch.

    Args:
        settings: what to draw from.
        number: of the trial; nothing else tells one draw from another.
        num_datasets: how many data sets there are to draw from.
    """

    def uniform(name: str, low: float, high: float) -> float:
        seed = seed_for("meta-data", settings.hypernetwork, number, name)
        return float(np.random.default_rng(seed).uniform(low, high))

    def index(name: str, count: int) -> int:
        return min(int(uniform(name, 0, count)), count - 1)

    family = settings.families[index("family", len(settings.families))]
    rate = uniform("rate", *settings.rate)
    smallest = stage_sizes(settings.images, rate=rate, stages=settings.stages)[-1]
    lowest = min(settings.smallest_batch, smallest)
    return MetaTrial(
        number=number,
        architecture=family["architecture"],
        options=family.get("options", {}),
        dataset=index("dataset", num_datasets),
        rate=rate,
        learning_rate=uniform("learning rate", *settings.learning_rate),
        batch_size=int(uniform("batch size", lowest, smallest)),
        seed=seed_for("meta-data", settings.hypernetwork, number),
    )


def collect_trials(
    settings: MetaDataSettings,
    datasets: Sequence[ImageDataset],
    numbers: Sequence[int],
    *,
    device: torch.device,
    code: str,
) -> Iterator[ShardTrial]:
    """Train the trials of a shard, one after another, and yield their trajectories.

    Stages are sequential, as in the paper; the authors' sample script reloads one
    initial state at every stage instead. Decision 5. A trial that diverges is logged
    and left out.

    Args:
        settings: what trials are drawn from.
        datasets: data sets to draw from.
        numbers: of the trials.
        device: where they train.
        code: version of the code, for the attributes.

    Yields:
        Weights by stage, kinds and attributes of each trial.
    """
    for number in numbers:
        trial = draw_trial(settings, number, num_datasets=len(datasets))
        log.info("trial %s", trial)
        ladder = Ladder(
            datasets[trial.dataset], _pretraining(settings, trial), device=device
        )
        try:
            stages = _train_stages(ladder, trial, settings.stages)
        except DivergedError as error:
            log.warning("trial %d is left out: %s", number, error)
            continue
        yield ShardTrial(
            states=[stage.state for stage in stages],
            kinds=tensor_kinds(ladder.network()),
            attributes=_attributes(ladder, trial, stages, code),
        )


def _pretraining(settings: MetaDataSettings, trial: MetaTrial) -> Pretraining:
    phase = Phase(
        epochs=settings.epochs, learning_rate=trial.learning_rate, schedule="constant"
    )
    return Pretraining(
        network=f"{settings.hypernetwork}-{trial.number:04d}",
        architecture=trial.architecture,
        options=trial.options,
        images=settings.images,
        seed=trial.seed,
        training=TrainingSettings(
            phases=(phase,),
            batch_size=trial.batch_size,
            augmentation=settings.augmentation,
        ),
    )


def _train_stages(
    ladder: Ladder, trial: MetaTrial, num_stages: int
) -> list[TrainedStage]:
    """Train one stage after another, each from the weights of the one before."""
    trained: list[TrainedStage] = []
    sizes = ladder.sizes(rate=trial.rate, stages=num_stages)
    for stage, samples in enumerate(sizes):
        last = trained[-1] if trained else None
        result = ladder.train_stage(
            samples=samples,
            purpose="forgetting",
            stage=stage,
            start=last.state if last else None,
            moments=last.moments if last else None,
        )
        # The last step can spoil the weights after a loss that was finite.
        if not all(torch.isfinite(value).all() for value in result.state.values()):
            raise DivergedError(f"stage {stage} ends in weights that are not finite")
        trained.append(result)
    return trained


def _attributes(
    ladder: Ladder, trial: MetaTrial, stages: Sequence[TrainedStage], code: str
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
        seed=trial.seed,
        code_version=code,
        versions=versions(),
        settings={
            "architecture": trial.architecture,
            "batch_size": trial.batch_size,
            "dataset": ladder.dataset.name,
            "learning_rate": trial.learning_rate,
            "options": dict(trial.options),
            "rate": trial.rate,
        },
    )
