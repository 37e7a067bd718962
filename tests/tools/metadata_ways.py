"""The ways to collect meta-data that `benchmark_metadata.py` compares.

Each trains the trials of these numbers and writes what it has trained to a folder.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import authors_way
import torch

from know.architectures import build_network
from know.architectures.network import Network
from know.data.arrays import ImageDataset
from know.data.subsets import nested_order, stage_sizes
from know.hypernetwork.metadata import collect_trials
from know.hypernetwork.trials import MetaDataSettings, MetaTrial, draw_trial
from know.store.shards import write_shard

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
