"""How many trials of meta-data an hour trains, the authors' way and ours.

    uv run python tests/tools/benchmark_metadata.py [--trials 16] [--size 32]

Every way trains the same trials, on pictures that the tool draws: the same networks,
subsets, batches, epochs, steps and images seen. Prints a table in Markdown;
docs/benchmarks.md holds one. Takes some minutes; leave the machine alone meanwhile.

The authors' way follows their `0_Data_Collection_Sample.py`, in PyTorch, because both
ways have the same kernels then; each choice is theirs, or better than theirs:

- One process trains one network after the other with threads on all cores, as
  TensorFlow has by default. Small networks may be faster with one thread, so that is
  measured too.
- Images are augmented one by one as Keras' `ImageDataGenerator` does it: five random
  numbers, three 3x3 matrices multiplied, `scipy.ndimage.affine_transform` for each
  channel (order 1, nearest edge). They are float32 with the mean subtracted, as the
  script hands them over.
- One thread prepares up to ten batches ahead (`fit_generator` with `workers=1`), so
  that augmentation overlaps training as far as Python lets it.
- A plain loop: forward, loss, backward, `torch.optim.Adam`, running accuracy (the
  script's `metrics`). Stages go on from each other, as the paper says and ours do.
- After each stage the weights are written by `scipy.io.savemat`.
- Not counted against it: the script loads the data set anew for each trial and builds a
  new TensorFlow graph for each stage.

Ours is `know.hypernetwork.metadata.collect_trials` in as many one-thread processes as
there are cores, a shard for each trial; measuring accuracies is part of it.

Starting processes, imports and a small trial that warms them up are not timed: a shard
of many trials spreads them.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from metadata_ways import (
    collect_as_the_authors,
    collect_as_we_do,
    drawn,
    images_seen,
    steps_of,
)

from know.data.arrays import ImageDataset, read_dataset, write_dataset
from know.data.prepare import DatasetSettings, prepare
from know.hypernetwork.trials import MetaDataSettings, MetaTrial, OptimizerDraw

FAMILIES = {
    "cnn": {"architecture": "simplenet", "options": {"norm": False}},
    "cnn-norm": {"architecture": "simplenet", "options": {"norm": True}},
    "resnet-norm": {"architecture": "resnet-small", "options": {"norm": True}},
    "shufflenetv2-norm": {
        "architecture": "shufflenetv2-small",
        "options": {"norm": True},
    },
}
# Seconds; a process that fails as it starts would be awaited for ever.
READY_WITHIN = 600.0
Way = Callable[[MetaDataSettings, ImageDataset, Sequence[int], Path], None]


@dataclass(frozen=True)
class Measured:
    """One way's name in the table, how it is run, and its processes."""

    name: str
    collect: Way
    processes: int
    threads: int


def ways(cores: int) -> dict[str, Measured]:
    """What is compared, the authors' way first."""
    many = f"{cores} one-thread processes"
    authors = collect_as_the_authors
    return {
        "a": Measured(f"(a) the authors' way, {cores} threads", authors, 1, cores),
        "a1": Measured("(a1) the authors' way, one thread", authors, 1, 1),
        "b": Measured(f"(b) `collect_trials`, {many}", collect_as_we_do, cores, 1),
    }


@dataclass(frozen=True)
class Cost:
    """Of all trials, from processes that are ready to the last trial."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, all processes and threads together."""


def cost_of(
    way: Measured, settings: MetaDataSettings, dataset: Path, trials: int
) -> Cost:
    """Run all trials in one way."""
    tasks = [[number] for number in range(trials)]
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(way.processes + 1)
    with tempfile.TemporaryDirectory() as folder:
        arguments = (way, settings, dataset, Path(folder), ready)
        with spawn.Pool(way.processes, _prepare, arguments) as pool:
            ready.wait(READY_WITHIN)
            start = time.perf_counter()
            cpu = sum(pool.map(_collect, tasks, chunksize=1))
            cost = Cost(time.perf_counter() - start, cpu)
            pool.close()
            pool.join()
    return cost


_GIVEN: dict[str, Any] = {}
"""What a process was given as it started."""


def _prepare(
    way: Measured, settings: MetaDataSettings, path: Path, folder: Path, ready: Any
) -> None:
    """Load, and run a small trial, so that nothing is done for the first time."""
    torch.set_num_threads(way.threads)
    dataset = read_dataset(path)
    _GIVEN.update(way=way, settings=settings, dataset=dataset, folder=folder)
    small = replace(settings, images_seen=400, rate=(0.8, 0.8))
    with tempfile.TemporaryDirectory() as unused:
        way.collect(small, dataset, [0], Path(unused))
    ready.wait()


def _collect(numbers: Sequence[int]) -> float:
    start = time.process_time()
    _GIVEN["way"].collect(
        _GIVEN["settings"], _GIVEN["dataset"], numbers, _GIVEN["folder"]
    )
    return time.process_time() - start


def settings_from(arguments: argparse.Namespace) -> MetaDataSettings:
    """The authors' draws, at the size that the command line asks for."""
    return MetaDataSettings(
        metadata="benchmark",
        families=FAMILIES,
        optimizers=[
            OptimizerDraw(
                optimizer="adam", learning_rate=(1e-5, 4e-3), weight_decay=0.0
            )
        ],
        schedules=["constant"],
        stages=arguments.stages,
        images_seen=arguments.images_seen,
        largest_epochs=1,
        smallest_subset=1,
        rate=(0.3, 0.9),
        smallest_batch=32,
        largest_batch=arguments.images_seen,
        measured=100,
        augmentation="affine",
    )


def draw_pictures(path: Path, arguments: argparse.Namespace) -> ImageDataset:
    """Write and return the procedural pictures that all trials train on."""
    settings = DatasetSettings(
        source="shapes", size=arguments.size, train=arguments.images_seen, test=100
    )
    dataset = prepare("shapes", settings, path.parent)
    write_dataset(path, dataset)
    return dataset


def spread(values: Sequence[float], digits: int) -> str:
    """Median and extremes."""
    middle, least, most = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} [{least:.{digits}f}, {most:.{digits}f}]"


def print_table(
    names: Sequence[str], costs: Sequence[Sequence[Cost]], trials: int
) -> None:
    """One row a way; ratios are between measurements of the same repeat."""
    columns = ("seconds", "trials an hour", "ratio", "CPU seconds", "CPU ratio")
    print(f"| way | {' | '.join(columns)} | n |")
    print(f"|---|{'---:|' * (len(columns) + 1)}")
    for name, own in zip(names, costs, strict=True):
        pairs = list(zip(costs[0], own, strict=True))
        cells = (
            spread([cost.wall for cost in own], 1),
            spread([3600 * trials / cost.wall for cost in own], 0),
            spread([first.wall / cost.wall for first, cost in pairs], 2),
            spread([cost.cpu for cost in own], 1),
            spread([first.cpu / cost.cpu for first, cost in pairs], 2),
        )
        print(f"| {name} | {' | '.join(cells)} | {len(own)} |")
    print("\nRatios are to the first row; CPU ratios leave out what more cores give.")


def print_trials(
    settings: MetaDataSettings, dataset: ImageDataset, trials: Sequence[MetaTrial]
) -> None:
    """What every way trains."""
    steps = sum(s for trial in trials for s, _ in steps_of(settings, trial))
    seen = sum(images_seen(settings, trial) for trial in trials)
    size = dataset.train_images.shape[1]
    print(
        f"{len(trials)} trials of {settings.stages} stages on shapes of {size} pixels: "
        f"{steps:,} steps, {seen:,} images seen:\n"
    )
    for trial in trials:
        print(
            f"- {trial.family}, {trial.images} images, rate {trial.rate:.2f}, "
            f"batch {trial.batch_size}"
        )


def machine() -> str:
    """Processor, cores and versions."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("scipy", "torch"))
    return (
        f"{_processor()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}, "
        f"Python {platform.python_version()}, {packages}"
    )


def _processor() -> str:
    with Path("/proc/cpuinfo").open() as lines:
        models = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return models[0] if models else platform.processor()


def _load() -> str:
    return f"{os.getloadavg()[0]:.2f}"


def parse_arguments() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--size", type=int, default=32, help="pixels of a side")
    parser.add_argument("--stages", type=int, default=7)
    parser.add_argument("--images-seen", type=int, default=12000, help="by a trial")
    parser.add_argument("--repeats", type=int, default=3)
    letters = list(ways(1))
    parser.add_argument("--ways", nargs="+", choices=letters, default=letters)
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    arguments = parse_arguments()
    settings = settings_from(arguments)
    load_before = _load()
    known = ways(os.cpu_count() or 1)
    compared = [known[way] for way in arguments.ways]
    costs: list[list[Cost]] = [[] for _ in compared]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shapes.safetensors"
        dataset = draw_pictures(path, arguments)
        for _ in range(arguments.repeats):
            for way, own in zip(compared, costs, strict=True):
                own.append(cost_of(way, settings, path, arguments.trials))
    trials = [drawn(settings, dataset, number) for number in range(arguments.trials)]
    print(f"{machine()}; load average {load_before} before, {_load()} after\n")
    print_trials(settings, dataset, trials)
    print()
    print_table([way.name for way in compared], costs, len(trials))


if __name__ == "__main__":
    main()
