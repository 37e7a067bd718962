"""Time and memory of predicting a large network.

    uv run python benchmarks/predict_billion.py FOLDER [--weights 1000000000]
        [--methods soup,known-plus] [--repeats 3]

Makes random stages in FOLDER, as transformers saves a network in bfloat16 in shards,
and runs `know predict` on them in a process of its own. Prints a table in Markdown;
docs/benchmarks.md holds one. FOLDER must not exist and is deleted at the end; it takes
2 bytes per weight and stage, and 2 for the output.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from machine import machine, spread

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow_scripts"
LARGEST_TENSOR = 2**26
SHARD = 2**28
"""Weights per shard."""
BLOCK = 2**22

# The peak of /proc, unlike that of getrusage, holds nothing of the parent process.
CHILD = """
import importlib, re, resource, sys
limit, module, function = int(sys.argv[1]), sys.argv[2], sys.argv[3]
sys.argv[1:4] = []
if limit:
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
try:
    getattr(importlib.import_module(module), function)()
finally:
    status = open("/proc/self/status").read()
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]
    print("cost", peak, used.ru_utime + used.ru_stime, flush=True)
"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Cost of one process, from Python's start to its end."""

    seconds: float
    cpu_seconds: float
    peak: int
    """Resident memory at its highest, in bytes; mapped pages of files count."""


def write_stages(folder: Path, *, weights: int, largest: int, stages: int) -> None:
    """Write stages of linear layers of random weights, the values of a block over."""
    sizes = [largest] * (weights // largest)
    sizes += [weights % largest] * (weights % largest > 0)
    shards: list[dict[str, int]] = [{}]
    for number, size in enumerate(sizes):
        if shards[-1] and sum(shards[-1].values()) + size > SHARD:
            shards.append({})
        shards[-1][f"layers.{number}.weight"] = size
    for stage in range(stages):
        random = np.random.default_rng(stage)
        block = random.standard_normal(BLOCK, dtype=np.float32) * np.float32(0.05)
        # The upper half of a float32 is a bfloat16.
        content = memoryview((block.view(np.uint32) >> 16).astype(np.uint16)).cast("B")
        write_stage(folder / f"stage-{stage}", shards, content)


def write_stage(folder: Path, shards: list[dict[str, int]], block: memoryview) -> None:
    """Write a folder as transformers does, its tensors filled with a block."""
    folder.mkdir(parents=True)
    weight_map = {}
    for number, sizes in enumerate(shards):
        header, start = {}, 0
        for name, size in sizes.items():
            places = [start, start := start + 2 * size]
            header[name] = {"dtype": "BF16", "shape": [1, size], "data_offsets": places}
        text = json.dumps(header).encode()
        shard = f"model-{number + 1:05}-of-{len(shards):05}.safetensors"
        weight_map |= dict.fromkeys(sizes, shard)
        with (folder / shard).open("wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for size in sizes.values():
                for begin in range(0, 2 * size, len(block)):
                    file.write(block[: 2 * size - begin])
    index = json.dumps({"metadata": {}, "weight_map": weight_map})
    (folder / "model.safetensors.index.json").write_text(index)


def run(
    python: str | Path, limit: int, words: list[str], threads: int | None = None
) -> Outcome:
    """Run a function of a module with arguments, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    if threads:
        environment |= {"OMP_NUM_THREADS": str(threads)}
    start = time.perf_counter()
    done = subprocess.run(
        [python, "-c", CHILD, str(limit), *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    peak, cpu_seconds = done.stdout.rsplit("cost", 1)[1].split()
    return Outcome(
        seconds=seconds, cpu_seconds=float(cpu_seconds), peak=int(peak) * 1024
    )


def predict(
    folder: Path, *, method: str, limit: int = 0, threads: int | None = None
) -> Outcome:
    """Run `know predict` on what `write_stages` wrote.

    Args:
        folder: holds the stages, and gets the output.
        method: method to predict by.
        limit: most bytes of the process's data segment (RLIMIT_DATA); 0 for no limit.
        threads: number of threads that the process may use; None for all.
    """
    stages = map(str, sorted(folder.glob("stage-*")))
    words = ["know.cli", "app", "predict", *stages, "--method", method]
    return run(sys.executable, limit, [*words, "-o", str(folder / "out")], threads)


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="made, and deleted at the end")
    parser.add_argument("--weights", type=int, default=10**9)
    parser.add_argument("--largest-tensor", type=int, default=LARGEST_TENSOR)
    parser.add_argument("--stages", type=int, default=5)
    parser.add_argument("--limit-mb", type=int, default=2000, help="0 for none")
    parser.add_argument("--threads", type=int, help="default: all")
    parser.add_argument("--methods", default="soup", help="as in soup,known-plus")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def main() -> None:
    """Write, predict, print, delete."""
    told = parsed()
    outcomes: dict[str, list[Outcome]] = {}
    try:
        write_stages(
            told.folder,
            weights=told.weights,
            largest=told.largest_tensor,
            stages=told.stages,
        )
        ways = {
            f"know, {method}": lambda method=method: predict(
                told.folder,
                method=method,
                limit=told.limit_mb * 10**6,
                threads=told.threads,
            )
            for method in told.methods.split(",")
        }
        for _ in range(told.repeats):
            for way, work in ways.items():
                outcomes.setdefault(way, []).append(work())
                shutil.rmtree(told.folder / "out")
    finally:
        shutil.rmtree(told.folder, ignore_errors=True)
    print(
        f"{machine('torch')}; {told.stages} stages of {told.weights:,} weights in "
        f"bfloat16, tensors of at most {told.largest_tensor:,}; ours with at most "
        f"{told.limit_mb:,} MB of data; median [least, most] of n = {told.repeats}\n"
    )
    print("| way | seconds | CPU seconds | million weights per second | peak MB |")
    print("|---|---:|---:|---:|---:|")
    for way, costs in outcomes.items():
        columns = [
            spread([cost.seconds for cost in costs], ".1f"),
            spread([cost.cpu_seconds for cost in costs], ".1f"),
            spread([told.weights / 1e6 / cost.seconds for cost in costs], ".1f"),
            spread([cost.peak / 1e6 for cost in costs], ",.0f"),
        ]
        print("|", way, "|", " | ".join(columns), "|")


if __name__ == "__main__":
    main()
