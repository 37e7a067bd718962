"""Meta-data: forgetting trajectories of many small networks, to learn from.

A draw tells for each meta-run which small network forgets what, and how.
"""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch

from know.data.arrays import ImageDataset
from know.errors import DivergedError
from know.forgetting.export import stage_record
from know.forgetting.ladder import Ladder, Pretraining, TrainedStage
from know.provenance import versions
from know.randomness import seed_for
from know.store.attributes import TrajectoryAttributes
from know.store.shards import LeftOutRun, RecordedRun
from know.training.settings import Optimizer, Phase, Schedule, TrainingSettings
from know.weights.kinds import tensor_kinds

log = logging.getLogger("know")


@dataclass(frozen=True, kw_only=True)
class OptimizerDraw:
    """One optimizer that a meta-run can draw."""

    optimizer: Optimizer
    learning_rate: Sequence[float]
    """Bounds of the uniform draw (the authors, for Adam: 1e-5, 4e-3)."""
    weight_decay: float


@dataclass(frozen=True, kw_only=True)
class MetaDataSettings:
    """Ranges and choices that the meta-runs of one meta-data set are drawn from."""

    metadata: str
    """Id of the meta-data set; part of every seed."""
    families: Mapping[str, Mapping[str, Any]]
    """Architectures to draw from, by id: `architecture` and `options` of each."""
    optimizers: Sequence[OptimizerDraw]
    schedules: Sequence[Schedule]
    """Learning-rate schedules to draw from (the authors: constant)."""
    stages: int
    """Sequential stages per meta-run (the authors: 7)."""
    images_seen: int
    """Images that a meta-run trains on in all stages and epochs; |D_0| follows from
    it and from what is drawn, so that meta-runs cost about the same."""
    largest_epochs: int
    """Epochs per stage are drawn between 1 and this, uniformly in their logarithm."""
    smallest_subset: int
    """Least number of images in the last stage."""
    rate: Sequence[float]
    """Bounds of the uniform draw of the forgetting rate (the authors: 0.3, 0.9)."""
    smallest_batch: int
    """Lower bound of the batch size (the authors: 32)."""
    largest_batch: int
    """Bound of the batch size above the authors' own, N rate^6."""
    measured: int
    """Images of D_0 on which a stage's accuracy is measured."""
    augmentation: str

    @classmethod
    def from_config(cls, settings: Mapping[str, Any]) -> "MetaDataSettings":
        """Settings from the plain values of a config."""
        optimizers = [OptimizerDraw(**draw) for draw in settings["optimizers"]]
        return cls(**{**settings, "optimizers": optimizers})


@dataclass(frozen=True, kw_only=True)
class MetaRun:
    """One drawn meta-run."""

    number: int
    family: str
    """Id of the architecture with its options."""
    architecture: str
    options: Mapping[str, Any] = field(default_factory=dict)
    dataset: int
    """Index among the data sets of the meta-data set."""
    images: int
    """|D_0|."""
    rate: float
    epochs: int
    """Epochs per stage."""
    batch_size: int
    optimizer: Optimizer
    learning_rate: float
    weight_decay: float
    schedule: Schedule
    seed: int

    def training(self, augmentation: str) -> TrainingSettings:
        """How each of its stages trains."""
        phase = Phase(
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
        )
        return TrainingSettings(
            phases=(phase,),
            batch_size=self.batch_size,
            augmentation=augmentation,
            optimizer=self.optimizer,
            weight_decay=self.weight_decay,
        )


def draw_meta_run(
    settings: MetaDataSettings, number: int, *, sizes: Sequence[int]
) -> MetaRun:
    """Draw one meta-run; each quantity has a seed of its own.

    Source: the authors' `0_Data_Collection_Sample.py`: rate, learning rate and batch
    size uniform, the batch up to N rate^6 images. Deviations: that bound is at least
    twice the smallest batch; optimizer, schedule and epochs are drawn too. Decision 5.

    Args:
        settings: what to draw from.
        number: number of the meta-run, the only thing that differs between draws.
        sizes: training images of each data set to draw from.
    """

    def uniform(name: str, low: float, high: float) -> float:
        seed = seed_for("meta-data", settings.metadata, number, name)
        return float(np.random.default_rng(seed).uniform(low, high))

    def choice(name: str, count: int) -> int:
        return min(int(uniform(name, 0, count)), count - 1)

    family = list(settings.families)[choice("family", len(settings.families))]
    draw = settings.optimizers[choice("optimizer", len(settings.optimizers))]
    dataset = choice("dataset", len(sizes))
    rate = uniform("rate", *settings.rate)
    epochs = _epochs(settings, rate, uniform("epochs", 0, 1))
    images = min(_images(settings, rate, epochs), sizes[dataset])
    most = min(settings.largest_batch, int(images * rate**6))
    return MetaRun(
        number=number,
        family=family,
        architecture=settings.families[family]["architecture"],
        options=settings.families[family].get("options", {}),
        dataset=dataset,
        images=images,
        rate=rate,
        epochs=epochs,
        batch_size=int(
            uniform(
                "batch size",
                settings.smallest_batch,
                max(most, 2 * settings.smallest_batch),
            )
        ),
        optimizer=draw.optimizer,
        learning_rate=uniform("learning rate", *draw.learning_rate),
        weight_decay=draw.weight_decay,
        schedule=settings.schedules[choice("schedule", len(settings.schedules))],
        seed=seed_for("meta-data", settings.metadata, number),
    )


def _images(settings: MetaDataSettings, rate: float, epochs: int) -> int:
    """|D_0| with which all stages together see `images_seen` images."""
    shares = sum(rate**stage for stage in range(settings.stages))
    return math.floor(settings.images_seen / (epochs * shares))


def _epochs(settings: MetaDataSettings, rate: float, position: float) -> int:
    """Between 1 and the most that leave the last stage enough images."""
    last, most = rate ** (settings.stages - 1), settings.largest_epochs
    while most > 1:
        if math.floor(_images(settings, rate, most) * last) >= settings.smallest_subset:
            break
        most -= 1
    return round(math.exp(position * math.log(most)))


def collect_meta_runs(
    settings: MetaDataSettings,
    datasets: Sequence[ImageDataset],
    numbers: Sequence[int],
    *,
    device: torch.device,
    code: str,
) -> Iterator[RecordedRun | LeftOutRun]:
    """Train the meta-runs of a shard and yield their trajectories.

    Stages are sequential, as in the paper; the authors' sample script reloads one
    initial state at every stage instead. Decision 5.

    Args:
        settings: what meta-runs are drawn from.
        datasets: data sets to draw from.
        numbers: numbers of the meta-runs.
        device: where they train.
        code: version of the code, for the attributes.

    Yields:
        Weights by stage, kinds and attributes of each meta-run; if it diverged, its
        number, settings and the reason.
    """
    sizes = [len(dataset.train_labels) for dataset in datasets]
    for number in numbers:
        meta_run = draw_meta_run(settings, number, sizes=sizes)
        log.info("%s", meta_run)
        ladder = Ladder(
            datasets[meta_run.dataset], _pretraining(settings, meta_run), device=device
        )
        facts = _facts(meta_run, ladder)
        try:
            stages = _train_stages(ladder, rate=meta_run.rate, stages=settings.stages)
        except DivergedError as error:
            log.warning("meta-run %d is left out: %s", number, error)
            yield LeftOutRun(number=number, reason=str(error), settings=facts)
        else:
            yield RecordedRun(
                states=[stage.state for stage in stages],
                kinds=tensor_kinds(ladder.network()),
                attributes=TrajectoryAttributes(
                    run=ladder.settings.network,
                    stages=[stage_record(each.facts, checkpoint="") for each in stages],
                    seed=meta_run.seed,
                    code_version=code,
                    versions=versions(),
                    settings=facts,
                ),
            )


def _train_stages(ladder: Ladder, *, rate: float, stages: int) -> list[TrainedStage]:
    """Train one stage after another, each from the weights of the one before."""
    trained: list[TrainedStage] = []
    for stage, samples in enumerate(ladder.sizes(rate=rate, stages=stages)):
        result = ladder.train_stage(
            samples=samples,
            purpose="forgetting",
            stage=stage,
            start=trained[-1] if trained else None,
        )
        # The last step can spoil the weights after a loss that was finite.
        if not all(bool(value.isfinite().all()) for value in result.state.values()):
            raise DivergedError(f"stage {stage} ends in weights that are not finite")
        trained.append(result)
    return trained


def _pretraining(settings: MetaDataSettings, meta_run: MetaRun) -> Pretraining:
    return Pretraining(
        network=f"{settings.metadata}-{meta_run.number:05d}",
        architecture=meta_run.architecture,
        options=meta_run.options,
        images=meta_run.images,
        seed=meta_run.seed,
        training=meta_run.training(settings.augmentation),
        measured=settings.measured,
    )


def _facts(meta_run: MetaRun, ladder: Ladder) -> dict[str, Any]:
    """Everything that was drawn, ready for JSON."""
    facts = asdict(meta_run)
    del facts["seed"]
    measured = len(ladder.measured)
    return {**facts, "dataset": ladder.dataset.name, "measured": measured}
