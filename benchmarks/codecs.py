"""Size and speed of trained weights under different codecs.

    uv run --with pcodec python benchmarks/codecs.py [STORE_OR_CHECKPOINT...]

Takes trajectory stores and checkpoints. Without any, it trains a small network on
scikit-learn's digits and fine-tunes a ResNet-18 for some steps, five stages each. Every
codec is exact. Prints tables in Markdown; docs/formats.md holds those by which the
store's codec was chosen. Leaves pcodec out if it is not installed.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import importlib.util
import math
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import zarr
from machine import machine, spread
from sklearn.datasets import load_digits
from torch import Tensor, nn
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec
from zarr.codecs import numcodecs as wrapped
from zarr.storage import MemoryStore

from know.architectures import build_network
from know.store.read import open_trajectory
from know.weights.checkpoint import State, load_checkpoint
from know.weights.kinds import PREDICTED_KINDS, tensor_kinds

CHUNK = 2**20
FRACTIONS = (1.0, 0.5, 0.25, 0.125, 0.0625)

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Candidate:
    """One way to store the float32 weights of a few stages."""

    name: str
    compressors: tuple[Any, ...] = ()
    serializer: Any = "auto"
    change: Callable[[Array], Array] = field(default=lambda values: values)
    restore: Callable[[Array], Array] = field(default=lambda values: values)


def candidates() -> Iterator[Candidate]:
    """Codecs of one stage, then codecs of the difference between stages."""
    for name, settings in compressions().items():
        yield Candidate(name, **settings)
    for name, settings in compressions().items():
        if name != "none":
            yield Candidate(f"delta of stages + {name}", **settings, **DELTA)


def compressions() -> dict[str, dict[str, Any]]:
    """Settings of each codec that is worth a row."""

    def blosc(name: str, level: int, shuffle: Any) -> dict[str, Any]:
        codec = BloscCodec(cname=name, clevel=level, shuffle=shuffle, typesize=4)
        return {"compressors": (codec,)}

    found = {
        "none": {},
        "zstd 3": {"compressors": (ZstdCodec(level=3),)},
        "blosc lz4 1 shuffle": blosc("lz4", 1, "shuffle"),
        "blosc lz4 1 bitshuffle": blosc("lz4", 1, "bitshuffle"),
        "blosc zstd 1 bitshuffle": blosc("zstd", 1, "bitshuffle"),
        "blosc zstd 5 shuffle": blosc("zstd", 5, "shuffle"),
        "shuffle + zlib 5": {
            "compressors": (wrapped.Shuffle(elementsize=4), wrapped.Zlib(level=5))
        },
    }
    if importlib.util.find_spec("pcodec"):
        for level in (4, 8):
            found[f"pcodec {level}"] = {"serializer": wrapped.PCodec(level=level)}
    return found


def subtract_stages(values_SP: Array) -> Array:
    """Take the bits of each stage minus those of the stage before it, modulo 2^32."""
    return np.diff(values_SP.view(np.int32), axis=0, prepend=np.int32(0))


def add_stages(steps_SP: Array) -> Array:
    """Undo `subtract_stages`."""
    bits_SP: Array = np.cumsum(steps_SP, axis=0, dtype=np.int32)
    return bits_SP.view(np.float32)


DELTA = {"change": subtract_stages, "restore": add_stages}


def measure(candidate: Candidate, weights_SP: Array, repeats: int) -> list[str]:
    """Ratio, and MB of float32 written and read per CPU second, checksum included."""
    megabytes = weights_SP.nbytes / 1e6
    written, read = [], []
    for _ in range(repeats):
        start = time.process_time()
        changed = candidate.change(weights_SP)
        array = zarr.create_array(
            MemoryStore(),
            shape=changed.shape,
            chunks=(1, min(CHUNK, changed.shape[1])),
            dtype=changed.dtype,
            serializer=candidate.serializer,
            compressors=(*candidate.compressors, Crc32cCodec()),
            fill_value=math.nan if changed.dtype == np.float32 else 0,
        )
        array[:] = changed
        middle = time.process_time()
        found = candidate.restore(np.asarray(array[:]))
        end = time.process_time()
        written.append(megabytes / (middle - start))
        read.append(megabytes / (end - middle))
        assert found.tobytes() == weights_SP.tobytes(), candidate.name
    ratio = weights_SP.nbytes / array.nbytes_stored()
    return [f"{ratio:.3f}", spread(written, ".0f"), spread(read, ".0f")]


def digits_network() -> nn.Module:
    """Build a convolutional network for 8x8 images."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(512, 256),
        nn.ReLU(),
        nn.Linear(256, 10),
    )


def forget(network: nn.Module, images: Tensor, labels: Tensor, epochs: int) -> Array:
    """Train on all images, then on ever fewer; weights of shape (stages, values)."""
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4
    )
    stages = []
    for fraction in FRACTIONS:
        subset = torch.arange(int(fraction * len(images)))
        for _ in range(epochs):
            for batch in subset[torch.randperm(len(subset))].split(64):
                optimizer.zero_grad()
                logits = network(images[batch])
                nn.functional.cross_entropy(logits, labels[batch]).backward()
                optimizer.step()
        stages.append(predicted_weights(network.state_dict(), network))
    return np.stack(stages)


def predicted_weights(state: State, network: nn.Module) -> Array:
    """Lay the tensors of the predicted kinds end to end."""
    kinds = tensor_kinds(network.state_dict())
    chosen = [t.flatten() for n, t in state.items() if kinds[n] in PREDICTED_KINDS]
    return torch.cat(chosen).numpy().copy()


def trained_networks(
    epochs: int, values: int, num_images: int
) -> Iterator[tuple[str, Array]]:
    """Train both networks; of the large one, some weights and fewer images do."""
    torch.manual_seed(0)
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    labels = torch.tensor(digits.target)
    yield "Digits network", forget(digits_network(), images, labels, epochs)
    large = build_network("resnet18", num_classes=10, image_size=16, seed=0)
    images = nn.functional.interpolate(images[:num_images], 16).expand(-1, 3, -1, -1)
    weights_SP = forget(large, images, labels[:num_images], max(1, epochs // 4))
    # Of its eleven million, the last ones: the deepest convolutions.
    yield "ResNet-18", weights_SP[:, -values:].copy()


def stored_weights(path: Path) -> Array:
    """Weights of a trajectory store or a checkpoint, shape (stages, values)."""
    if path.suffix == ".safetensors":
        state, _ = load_checkpoint(path)
        values = [t.reshape(-1) for t in state.values() if t.dtype == torch.float32]
        return torch.cat(values)[None].numpy()
    with open_trajectory(path) as trajectory:
        windows = [
            trajectory.read_window(kind, 0, trajectory.lengths[kind])
            for kind in PREDICTED_KINDS
            if kind in trajectory.lengths
        ]
    return torch.cat(windows, dim=1).numpy()


def main() -> None:
    """Measure the named files, or the trained networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--values", type=int, default=2**22, help="of ResNet-18")
    parser.add_argument("--images", type=int, default=512, help="for ResNet-18")
    given = parser.parse_args()
    torch.set_num_threads(1)
    # Numcodecs' codecs are no part of the Zarr 3 standard; zarr warns of each.
    warnings.filterwarnings("ignore", message=".*[Nn]umcodecs codecs are not in the")
    zarr.config.set({"async.concurrency": 1, "threading.max_workers": 1})
    sources = ((path.name, stored_weights(path)) for path in given.paths)
    for source, weights_SP in (
        sources
        if given.paths
        else trained_networks(given.epochs, given.values, given.images)
    ):
        print(
            f"\n{source}: {weights_SP.shape[0]} stages of {weights_SP.shape[1]:,} "
            f"float32 each; {machine('zarr', 'numcodecs')}; MB of float32 per second "
            f"of processor time, in memory, median [min, max] of n = {given.repeats}\n"
        )
        print("| codec (then crc32c) | ratio | write MB/s | read MB/s |")
        print("|---|---:|---:|---:|")
        for candidate in candidates():
            cells = measure(candidate, weights_SP, given.repeats)
            print(f"| {candidate.name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
