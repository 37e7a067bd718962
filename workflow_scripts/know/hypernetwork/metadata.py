"""Meta-data: forgetting trajectories of many small networks, to learn from.

A draw tells for each meta-run which small network forgets what, and how.
"""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
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
from know.store.forgetting import compare_accuracies
from know.store.shards import LeftOutRun, RecordedRun
from know.training.progress import Progress
from know.training.settings import Optimizer, Phase, Schedule, TrainingSettings
from know.weights.kinds import tensor_kinds

log = logging.getLogger("know")

LEARNT = 95.0
"""Percent on D_0 above which Theta_0 counts as converged."""
LEAST_GAIN = 2.0
"""Percent points on D_0 gained in the last quarter of the epochs from which on Theta_0
counts as still learning."""


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
    stages: Sequence[int]
    """Fewest and most sequential stages per meta-run (the authors: 7)."""
    images: Sequence[int]
    """Bounds of |D_0|, drawn uniformly in its logarithm; low rates need more."""
    steps: Sequence[int]
    """Bounds of Theta_0's training steps, drawn uniformly in their logarithm; epochs
    per stage follow from them, |D_0| and the batch size."""
    smallest_subset: int
    """Least number of images in the last stage."""
    rate: Sequence[float]
    """Bounds of the uniform draw of the forgetting rate (the authors: 0.3, 0.9)."""
    smallest_batch: int
    """Lower bound of the batch size (the authors: 32)."""
    largest_batch: int
    """Bound of the batch size above the authors' own, N rate^6."""
    augmentations: Sequence[str]
    """Keys of `AUGMENTATIONS` to draw from."""

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
    stages: int
    """Most stages that leave the last one enough images."""
    epochs: int
    """Epochs per stage."""
    batch_size: int
    optimizer: Optimizer
    learning_rate: float
    weight_decay: float
    schedule: Schedule
    augmentation: str
    seed: int

    @property
    def training(self) -> TrainingSettings:
        """How each of its stages trains."""
        phase = Phase(
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
        )
        return TrainingSettings(
            phases=(phase,),
            batch_size=self.batch_size,
            augmentation=self.augmentation,
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
    images, stages = _images(settings, rate, sizes[dataset], uniform("images", 0, 1))
    low, high = settings.steps
    steps = low * (high / low) ** uniform("steps", 0, 1)
    most_batch = min(settings.largest_batch, int(images * rate**6))
    most_batch = max(most_batch, 2 * settings.smallest_batch)
    batch_size = int(uniform("batch size", settings.smallest_batch, most_batch))
    return MetaRun(
        number=number,
        family=family,
        architecture=settings.families[family]["architecture"],
        options=settings.families[family].get("options", {}),
        dataset=dataset,
        images=images,
        rate=rate,
        stages=stages,
        epochs=max(1, round(steps * batch_size / images)),
        batch_size=batch_size,
        optimizer=draw.optimizer,
        learning_rate=uniform("learning rate", *draw.learning_rate),
        weight_decay=draw.weight_decay,
        schedule=settings.schedules[choice("schedule", len(settings.schedules))],
        augmentation=settings.augmentations[
            choice("augmentation", len(settings.augmentations))
        ],
        seed=seed_for("meta-data", settings.metadata, number),
    )


def _images(
    settings: MetaDataSettings, rate: float, available: int, position: float
) -> tuple[int, int]:
    """|D_0|, and the most stages whose last one has enough images."""
    fewest, most = settings.stages
    needed = math.ceil(settings.smallest_subset / rate ** (fewest - 1))
    low = max(settings.images[0], needed)
    high = min(max(settings.images[1], low), available)
    images = round(low * (high / low) ** position)
    stages = [
        count
        for count in range(fewest, most + 1)
        if math.floor(images * rate ** (count - 1)) >= settings.smallest_subset
    ]
    return images, max(stages, default=fewest)


def collect_meta_runs(
    settings: MetaDataSettings,
    datasets: Sequence[ImageDataset],
    numbers: Sequence[int],
    *,
    device: torch.device,
    code: str,
    resume: Path,
) -> Iterator[RecordedRun | LeftOutRun]:
    """Train the meta-runs of a shard and yield their trajectories.

    Stages are sequential, as in the paper; the authors' sample script reloads one
    initial state at every stage instead. Decision 5.

    Nothing is learnt from a meta-run whose Theta_0 has not converged (it misses
    `LEARNT` and still gains `LEAST_GAIN` in its last quarter), or whose accuracy on D_0
    does not fall from stage 0 to stage 1 beyond its noise (`know.store.forgetting`). It
    ends with stage 1, and its settings say why it is `unused`.

    Args:
        settings: what meta-runs are drawn from.
        datasets: data sets to draw from.
        numbers: numbers of the meta-runs.
        device: where they train.
        code: version of the code, for the attributes.
        resume: folder that keeps the progress of each stage.

    Yields:
        Weights by stage, kinds and attributes of each meta-run; if it diverged, its
        number, settings and the reason.
    """
    sizes = [len(dataset.train_labels) for dataset in datasets]
    for number in numbers:
        meta_run = draw_meta_run(settings, number, sizes=sizes)
        log.info("%s", meta_run)
        dataset = datasets[meta_run.dataset]
        try:
            yield _record(
                settings, meta_run, dataset, device=device, code=code, resume=resume
            )
        except DivergedError as error:
            log.warning("meta-run %d is left out: %s", number, error)
            facts = _facts(meta_run, dataset)
            yield LeftOutRun(number=number, reason=str(error), settings=facts)


def _record(
    settings: MetaDataSettings,
    meta_run: MetaRun,
    dataset: ImageDataset,
    *,
    device: torch.device,
    code: str,
    resume: Path,
) -> RecordedRun:
    """Train all stages, or the first two where nothing can be learnt from the rest."""
    ladder = Ladder(dataset, _pretraining(settings, meta_run), device=device)
    sizes = ladder.sizes(rate=meta_run.rate, stages=meta_run.stages)
    trained: list[TrainedStage] = []
    unused = None
    purpose = [code, asdict(meta_run), dataset.digests]
    for stage, samples in enumerate(sizes):
        file = resume / f"{meta_run.number}-stage-{stage}.safetensors"
        progress = Progress(file, [*purpose, stage])
        trained.append(_train_stage(ladder, samples, stage, trained[-1:], progress))
        if stage == 1:
            unused = _why_unused(trained, len(ladder.images))
            if unused:
                break
    log.info(
        "epochs %d, accuracy on D_0 %s%s",
        meta_run.epochs,
        " ".join(f"{each.facts['accuracy']:.1f}" for each in trained),
        f", unused: {unused}" if unused else "",
    )
    return RecordedRun(
        states=[each.state for each in trained],
        kinds=tensor_kinds(ladder.network().state_dict()),
        attributes=TrajectoryAttributes(
            run=ladder.settings.network,
            stages=[stage_record(each.facts, checkpoint="") for each in trained],
            seed=meta_run.seed,
            code_version=code,
            versions=versions(),
            settings={**_facts(meta_run, dataset), "unused": unused},
        ),
    )


def _train_stage(
    ladder: Ladder,
    samples: int,
    stage: int,
    before: Sequence[TrainedStage],
    progress: Progress,
) -> TrainedStage:
    (phase,) = ladder.settings.training.phases
    result = ladder.train_stage(
        samples=samples,
        purpose="forgetting",
        stage=stage,
        start=before[0] if before else None,
        # Of Theta_0 also after three quarters of its epochs: has it converged?
        evaluate_every=None if before else max(1, 3 * phase.epochs // 4),
        progress=progress,
    )
    # The last step can spoil the weights after a loss that was finite.
    if not all(bool(value.isfinite().all()) for value in result.state.values()):
        raise DivergedError(f"stage {stage} ends in weights that are not finite")
    return result


def _why_unused(trained: Sequence[TrainedStage], images: int) -> str | None:
    """Say why nothing is learnt from a meta-run with these first two stages."""
    before, after = (each.facts["accuracy"] for each in trained)
    # A single epoch has no measurement on the way.
    late = trained[0].curve[-2] if len(trained[0].curve) > 1 else 0.0
    if before < LEARNT and before - late >= LEAST_GAIN:
        return "not converged"
    forgets = compare_accuracies(before, after, images)[1] == "falls"
    return None if forgets else "does not forget"


def _pretraining(settings: MetaDataSettings, meta_run: MetaRun) -> Pretraining:
    return Pretraining(
        network=f"{settings.metadata}-{meta_run.number:05d}",
        architecture=meta_run.architecture,
        options=meta_run.options,
        images=meta_run.images,
        seed=meta_run.seed,
        training=meta_run.training,
    )


def _facts(meta_run: MetaRun, dataset: ImageDataset) -> dict[str, Any]:
    """Everything that was drawn, ready for JSON."""
    facts = {**asdict(meta_run), "dataset": dataset.name}
    del facts["seed"], facts["stages"]
    return facts
