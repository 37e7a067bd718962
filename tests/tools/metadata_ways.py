"""The ways to collect meta-data that `benchmark_metadata.py` compares.

Each trains the trials of these numbers and writes what it has trained to a folder.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import authors_way
import torch

from know.architectures import build_network
from know.architectures.network import Network
from know.data.arrays import ImageDataset
from know.data.subsets import nested_order, stage_sizes
from know.errors import DivergedError
from know.forgetting.ladder import Ladder, Pretraining
from know.hypernetwork.metadata import collect_trials
from know.hypernetwork.trials import MetaDataSettings, MetaTrial, draw_trial
from know.randomness import seed_for
from know.store.shards import write_shard
from know.training.ensembles import train_together
from know.weights.checkpoint import save_checkpoint

# Shape suffixes: N images.

CPU = torch.device("cpu")


def collect_as_the_authors(
    settings: MetaDataSettings,
    dataset: ImageDataset,
    numbers: Sequence[int],
    folder: Path,
) -> None:
    """One network after another, images augmented one by one."""
    for number in numbers:
        trial = drawn(settings, dataset, number)
        order_N = nested_order(dataset.train_labels, seed=trial.seed, stratified=False)
        seen = authors_way.collect(
            network_of(trial, dataset),
            dataset.train_images[order_N[: trial.images]],
            dataset.train_labels[order_N[: trial.images]],
            sizes_of(settings, trial),
            epochs=trial.epochs,
            batch_size=trial.batch_size,
            learning_rate=trial.learning_rate,
            seed=trial.seed,
            path=folder / str(number),
        )
        if seen != images_seen(settings, trial):
            sys.exit(f"trial {number} saw {seen} images, not those of the other ways")


def collect_as_we_do(
    settings: MetaDataSettings,
    dataset: ImageDataset,
    numbers: Sequence[int],
    folder: Path,
) -> None:
    """The workflow's rule, for some trials of a shard."""
    trials = collect_trials(settings, [dataset], numbers, device=CPU, code="")
    write_shard(folder / f"{numbers[0]}.zarr.zip", trials)


def collect_together(
    settings: MetaDataSettings,
    dataset: ImageDataset,
    numbers: Sequence[int],
    folder: Path,
) -> None:
    """Trials that differ in seed and learning rate, as one ensemble."""
    trials = [drawn(settings, dataset, number) for number in numbers]
    ladders = [ladder_of(settings, trial, dataset) for trial in trials]
    networks = [ladder.network() for ladder in ladders]
    optimizer_state: list[Any] = [None] * len(trials)
    for stage, samples in enumerate(sizes_of(settings, trials[0])):
        results = train_together(
            networks,
            [ladder.images.first(samples) for ladder in ladders],
            trials[0].training(settings.augmentation),
            seeds=[seed_for("forgetting", t.seed, "stage", stage) for t in trials],
            learning_rates=[trial.learning_rate for trial in trials],
            optimizer_state=optimizer_state,
        )
        if any(isinstance(result, DivergedError) for result in results):
            sys.exit(f"trials {numbers}: {results}")
        optimizer_state = [
            getattr(result, "optimizer_state", None) for result in results
        ]
        for number, ladder, network in zip(numbers, ladders, networks, strict=True):
            facts = ladder.facts(network, samples=samples, stage=stage)
            path = folder / f"{number}-{stage}.safetensors"
            save_checkpoint(path, network.state_dict(), facts)


def drawn(settings: MetaDataSettings, dataset: ImageDataset, number: int) -> MetaTrial:
    """A trial on the only data set that there is."""
    return draw_trial(settings, number, sizes=[len(dataset.train_labels)])


def sizes_of(settings: MetaDataSettings, trial: MetaTrial) -> list[int]:
    """Images of each stage."""
    return stage_sizes(trial.images, rate=trial.rate, stages=settings.stages)


def steps_of(settings: MetaDataSettings, trial: MetaTrial) -> list[tuple[int, int]]:
    """Steps and batch size of each stage; the remainder of an epoch is dropped."""
    sizes = sizes_of(settings, trial)
    batches = [min(trial.batch_size, samples) for samples in sizes]
    return [
        (trial.epochs * (samples // batch), batch)
        for samples, batch in zip(sizes, batches, strict=True)
    ]


def images_seen(settings: MetaDataSettings, trial: MetaTrial) -> int:
    """Images that a trial trains on in all stages."""
    return sum(steps * batch for steps, batch in steps_of(settings, trial))


def network_of(trial: MetaTrial, dataset: ImageDataset) -> Network:
    """A trial's freshly initialised network."""
    return build_network(
        trial.architecture,
        num_classes=len(dataset.class_names),
        image_size=dataset.train_images.shape[1],
        seed=trial.seed,
        options=trial.options,
    )


def ladder_of(
    settings: MetaDataSettings, trial: MetaTrial, dataset: ImageDataset
) -> Ladder:
    """A trial's subsets."""
    pretraining = Pretraining(
        network=str(trial.number),
        architecture=trial.architecture,
        options=trial.options,
        images=trial.images,
        seed=trial.seed,
        training=trial.training(settings.augmentation),
        measured=settings.measured,
    )
    return Ladder(dataset, pretraining, device=CPU)
