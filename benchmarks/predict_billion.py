"""Time and peak memory of predicting a large network.

    uv run python benchmarks/predict_billion.py FOLDER [--weights 1000000000]

Makes five random stages as plain safetensors files and seeded hypernetworks in FOLDER,
runs `know predict` in a process of its own whose data segment has a hard limit, and
prints a table in Markdown; docs/benchmarks.md holds one. FOLDER must not exist and is
deleted at the end; it takes 24 bytes per weight, output included.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from machine import machine

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow_scripts"
STAGES = 5
LARGEST_TENSOR = 2**24

# The peak of /proc, unlike that of getrusage, holds nothing of the parent process.
CHILD = """
import re, resource, sys
limit = int(sys.argv.pop(1))
if limit:
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
from know.cli import app
try:
    app()
finally:
    status = open("/proc/self/status").read()
    print("peak kB", re.search(r"VmHWM:\\s+(\\d+) kB", status)[1], flush=True)
"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Cost of one prediction."""

    seconds: float
    """Seconds from Python's start to its end."""
    peak: int
    """Resident memory at its highest, in bytes."""


def tensor_sizes(weights: int, largest: int) -> dict[str, int]:
    """Give names and lengths of tensors that together hold `weights` values."""
    sizes = [largest] * (weights // largest) + [weights % largest] * (
        weights % largest > 0
    )
    return {f"layers.{number}.weight": size for number, size in enumerate(sizes)}


def write_stage(path: Path, sizes: dict[str, int], *, seed: int) -> None:
    """Write random weights of linear layers as a plain safetensors file."""
    header, start = {}, 0
    for name, size in sizes.items():
        header[name] = {
            "dtype": "F32",
            "shape": [1, size],
            "data_offsets": [start, start + 4 * size],
        }
        start += 4 * size
    text = json.dumps(header).encode()
    random = np.random.default_rng(seed)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for values in drawn(random, sizes.values()):
            file.write(memoryview(values))


def drawn(
    random: np.random.Generator, sizes: Iterator[int]
) -> Iterator[np.typing.NDArray[np.float32]]:
    """Draw an array of small normal numbers for each of `sizes`."""
    for size in sizes:
        values = random.standard_normal(size, dtype=np.float32)
        values *= np.float32(0.05)
        yield values


def write_inputs(folder: Path, *, weights: int, largest: int) -> int:
    """Write stages and hypernetworks; return the count of the stages' bytes."""
    from know.hypernetwork import files
    from know.hypernetwork.models.known import Known

    for number, kind in enumerate(("conv", "fc", "bias")):
        generator = torch.Generator().manual_seed(number)
        model = Known(STAGES, generator=generator)
        files.save(folder / f"known_{kind}.safetensors", model, {"kind": kind})
    sizes = tensor_sizes(weights, largest)
    paths = stage_paths(folder)
    for seed, path in enumerate(paths):
        write_stage(path, sizes, seed=seed)
    return sum(path.stat().st_size for path in paths)


def stage_paths(folder: Path) -> list[Path]:
    """Name the stages' files, Theta_0 first."""
    return [folder / f"stage-{stage}.safetensors" for stage in range(STAGES)]


def predict(
    folder: Path, *, limit: int, threads: int | None = None, method: str = "known"
) -> Outcome:
    """Run `know predict` on what `write_inputs` wrote.

    Args:
        folder: holds the stages and hypernetworks, and gets the output.
        limit: most bytes of the process's data segment (RLIMIT_DATA); 0 for no limit.
        threads: number of threads that the process may use; None for all.
        method: `known`, or a method that needs no hypernetwork.
    """
    words = ["predict", *map(str, stage_paths(folder)), "--method", method]
    words += ["-o", str(folder / "out.safetensors")]
    words += ["--hypernetworks", str(folder)] if method == "known" else []
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    if threads:
        environment |= {"OMP_NUM_THREADS": str(threads)}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(limit), *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"know {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    peak = int(done.stdout.rsplit("peak kB", 1)[1]) * 1024
    return Outcome(seconds=seconds, peak=peak)


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="made, and deleted at the end")
    parser.add_argument("--weights", type=int, default=10**9)
    parser.add_argument("--largest-tensor", type=int, default=LARGEST_TENSOR)
    parser.add_argument("--limit-mb", type=int, default=2000, help="0 for none")
    parser.add_argument("--threads", type=int, help="default: all")
    parser.add_argument("--method", default="known")
    return parser.parse_args()


def main() -> None:
    """Write, predict, print, delete."""
    told = parsed()
    sys.path.insert(0, str(SCRIPTS))
    told.folder.mkdir(parents=True)
    try:
        read = write_inputs(
            told.folder, weights=told.weights, largest=told.largest_tensor
        )
        outcome = predict(
            told.folder,
            limit=told.limit_mb * 10**6,
            threads=told.threads,
            method=told.method,
        )
        written = (told.folder / "out.safetensors").stat().st_size
    finally:
        shutil.rmtree(told.folder)
    print(
        f"{machine('torch')}; {told.threads or 'all'} threads; tensors of at most "
        f"{told.largest_tensor:,} values; limit of the data segment "
        f"{told.limit_mb:,} MB; method {told.method}\n"
    )
    print("| weights | MB read | MB written | seconds | weights per second | peak MB |")
    print("|---:|---:|---:|---:|---:|---:|")
    rate = told.weights / outcome.seconds
    print(
        f"| {told.weights:,} | {read / 1e6:,.0f} | {written / 1e6:,.0f} | "
        f"{outcome.seconds:,.1f} | {rate:,.0f} | {outcome.peak / 1e6:,.0f} |"
    )


if __name__ == "__main__":
    main()
