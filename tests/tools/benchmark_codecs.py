"""How well, how fast and how exactly codecs store trained weights.

    uv run python tests/tools/benchmark_codecs.py [STORE_OR_CHECKPOINTS...]

Takes trajectory stores, checkpoints or both; without any it trains a small network on
scikit-learn's digits for five stages. Prints a table in Markdown; docs/formats.md holds
the one that the default codec was chosen by.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import itertools
import math
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import torch
import zarr
from sklearn.datasets import load_digits
from torch import Tensor, nn
from zarr.codecs import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec
from zarr.storage import MemoryStore

from know.store.trajectory import open_trajectory
from know.weights.checkpoint import State, load_checkpoint
from know.weights.flatten import flatten, tensor_table
from know.weights.kinds import PREDICTED_KINDS, Kind, tensor_kinds

CHUNK = 2**20
REPEATS = 5
FRACTIONS = (1.0, 0.5, 0.25, 0.125, 0.0625)
EPOCHS = 12

Weights = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way to store a chunk of float32."""

    name: str
    compressors: tuple[Any, ...] = ()
    filters: tuple[Any, ...] = ()
    dtype: str = "float32"
    encode: Callable[[Weights], np.ndarray[Any, Any]] = lambda values: values
    decode: Callable[[np.ndarray[Any, Any]], Weights] = lambda values: values


def candidates() -> Iterator[Candidate]:
    """All codecs that this installation offers, exact ones first."""
    yield Candidate(name="none")
    for level in (1, 3, 9, 19):
        yield Candidate(name=f"zstd {level}", compressors=(ZstdCodec(level=level),))
    yield Candidate(name="gzip 5", compressors=(GzipCodec(level=5),))
    for cname, level, shuffle in itertools.product(
        ("lz4", "zstd"), (1, 5, 9), ("shuffle", "bitshuffle")
    ):
        codec = BloscCodec(cname=cname, clevel=level, shuffle=shuffle, typesize=4)
        yield Candidate(name=f"blosc {cname} {level} {shuffle}", compressors=(codec,))
    yield from _numcodecs_candidates()
    yield from _lossy_candidates()


def _numcodecs_candidates() -> Iterator[Candidate]:
    from zarr.codecs import numcodecs as wrapped

    shuffle = wrapped.Shuffle(elementsize=4)
    for name, codec in (
        ("lz4", wrapped.LZ4()),
        ("zlib 5", wrapped.Zlib(level=5)),
        ("bz2 5", wrapped.BZ2(level=5)),
        ("lzma", wrapped.LZMA(preset=1)),
    ):
        yield Candidate(
            name=f"numcodecs shuffle + {name}", compressors=(shuffle, codec)
        )


def _lossy_candidates() -> Iterator[Candidate]:
    from zarr.codecs import numcodecs as wrapped

    blosc = BloscCodec(cname="zstd", clevel=5, shuffle="bitshuffle", typesize=4)
    for bits in (7, 10, 13, 16):
        yield Candidate(
            name=f"bitround {bits} + blosc zstd 5 bitshuffle",
            filters=(wrapped.BitRound(keepbits=bits),),
            compressors=(blosc,),
        )
    halves = BloscCodec(cname="zstd", clevel=5, shuffle="bitshuffle", typesize=2)
    for name, dtype in (("float16", torch.float16), ("bfloat16", torch.bfloat16)):
        yield Candidate(
            name=f"{name} + blosc zstd 5 bitshuffle",
            compressors=(halves,),
            dtype="uint16",
            encode=lambda values, dtype=dtype: (
                torch.from_numpy(values).to(dtype).view(torch.uint16).numpy()
            ),
            decode=lambda bits, dtype=dtype: (
                torch.from_numpy(bits).view(dtype).float().numpy()
            ),
        )


def measure(candidate: Candidate, weights_SP: Weights) -> dict[str, float]:
    """Ratio, speeds (MB of float32 a second, checksum included) and worst error."""
    write_seconds, read_seconds = [], []
    for _ in range(REPEATS):
        store = MemoryStore()
        start = time.perf_counter()
        encoded = candidate.encode(weights_SP)
        array = zarr.create_array(
            store,
            shape=encoded.shape,
            chunks=(1, min(CHUNK, encoded.shape[1])),
            dtype=candidate.dtype,
            filters=candidate.filters,
            compressors=(*candidate.compressors, Crc32cCodec()),
            fill_value=math.nan if candidate.dtype == "float32" else 0,
        )
        array[:] = encoded
        written = time.perf_counter()
        decoded = candidate.decode(np.asarray(array[:]))
        read_seconds.append(time.perf_counter() - written)
        write_seconds.append(written - start)
    megabytes = weights_SP.nbytes / 1e6
    return {
        "ratio": weights_SP.nbytes / array.nbytes_stored(),
        "write": megabytes / statistics.median(write_seconds),
        "read": megabytes / statistics.median(read_seconds),
        "error": _worst_relative_error(weights_SP, decoded),
    }


def _worst_relative_error(wanted: Weights, found: Weights) -> float:
    different = wanted != found
    if not different.any():
        return 0.0
    error = np.abs(found[different].astype(np.float64) - wanted[different])
    return float((error / np.abs(wanted[different])).max())


def small_network() -> nn.Module:
    """A convolutional network for 8x8 images, of every kind of tensor."""
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


def train_digits() -> tuple[list[State], dict[str, Kind]]:
    """Train on all digits, then fine-tune on ever smaller subsets of them."""
    torch.manual_seed(0)
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    labels = torch.tensor(digits.target)
    order = torch.randperm(len(images))
    network = small_network()
    stages = []
    for fraction in FRACTIONS:
        subset = order[: int(fraction * len(order))]
        _train(network, images[subset], labels[subset])
        accuracy = (network.eval()(images).argmax(1) == labels).float().mean()
        print(f"fraction {fraction}: accuracy {accuracy:.1%}", file=sys.stderr)
        stages.append({name: t.clone() for name, t in network.state_dict().items()})
    return stages, tensor_kinds(network)


def _train(network: nn.Module, images: Tensor, labels: Tensor) -> None:
    network.train()
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4
    )
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(
                network(images[batch]), labels[batch]
            ).backward()
            optimizer.step()


def predicted_weights(stages: list[State], kinds: dict[str, Kind]) -> Weights:
    """All predicted kinds end to end, shape (stages, parameters)."""
    table = tensor_table(stages[0], kinds)
    vectors = [flatten(state, table) for state in stages]
    rows = [torch.cat([v[k] for k in PREDICTED_KINDS if k in v]) for v in vectors]
    return torch.stack(rows).numpy()


def read_weights(path: Path) -> Weights:
    """Weights of a trajectory store, or of one checkpoint, shape (stages, values)."""
    if path.suffix == ".safetensors":
        state, _ = load_checkpoint(path)
        values = [t.reshape(-1) for t in state.values() if t.dtype == torch.float32]
        return torch.cat(values)[None].numpy()
    with open_trajectory(path) as trajectory:
        stages = [trajectory.read_stage(s) for s in range(trajectory.num_stages)]
        return predicted_weights(stages, trajectory.kinds)


def print_table(source: str, weights_SP: Weights) -> None:
    """Measure every candidate on one trajectory and print the table."""
    stages, values = weights_SP.shape
    print(f"\n{source}: {stages} stages of {values:,} float32 each; ", end="")
    print(f"{_processor()}, 1 thread, {datetime.now(UTC):%Y-%m-%d}, ", end="")
    print(f"zarr {zarr.__version__}, numcodecs {numcodecs.__version__}; ", end="")
    print(f"speeds in MB of float32 a second in memory, median of n = {REPEATS}\n")
    print("| codec (then crc32c) | ratio | write MB/s | read MB/s | max rel. error |")
    print("|---|---:|---:|---:|---:|")
    for candidate in candidates():
        found = measure(candidate, weights_SP)
        error = f"{found['error']:.1e}" if found["error"] else "exact"
        print(
            f"| {candidate.name} | {found['ratio']:.3f} | {found['write']:.0f} "
            f"| {found['read']:.0f} | {error} |"
        )


def _processor() -> str:
    with Path("/proc/cpuinfo").open() as lines:
        models = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return models[0] if models else platform.processor()


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path)
    paths = parser.parse_args().paths
    torch.set_num_threads(1)
    # Numcodecs' codecs are no part of the Zarr 3 standard; zarr warns of each.
    warnings.filterwarnings("ignore", message=".*[Nn]umcodecs codecs are not in the")
    zarr.config.set({"async.concurrency": 1, "threading.max_workers": 1})
    for path in paths:
        print_table(path.name, read_weights(path))
    if not paths:
        weights_SP = predicted_weights(*train_digits())
        print_table("Digits network", weights_SP)


if __name__ == "__main__":
    main()
