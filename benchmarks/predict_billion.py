"""Time and memory of predicting a large language model, beside mergekit.

    uv run python benchmarks/predict_billion.py FOLDER [--layers 4]
        [--methods soup,task-vector,known] [--mergekit PYTHON] [--repeats 3]

Makes random stages of a network with Llama-7B's shapes in FOLDER, as transformers saves
one in bfloat16 in shards; 32 layers are all of its 6.74e9 weights. Runs `know predict`
on them in a process of its own and, if told where a Python with mergekit is, mergekit's
linear merge with the weights of `soup`; the bytes of both outputs have to be the same.
Prints a table in Markdown; docs/benchmarks.md holds one. FOLDER must not exist and is
deleted at the end; it takes 2 bytes per weight and stage, and 2 for the output.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import prod
from pathlib import Path

import numpy as np
from machine import machine, spread

from know.weights.tensor_reader import bytes_of, open_tensors

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow_scripts"
SHARD = 5 * 10**9
"""Bytes per shard, as transformers cuts networks by default."""
BLOCK = 2**22
MERGE = "mergekit, linear"
AVERAGES = {"know, soup", MERGE}
"""Ways that have to give the same bytes."""
Shapes = Mapping[str, tuple[int, ...]]

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
    """Cost of one process, from Python's start until its output is on the disk."""

    seconds: float
    cpu_seconds: float
    peak: int
    """Resident memory at its highest, in bytes; mapped pages of files count."""


def write_llama(folder: Path, *, layers: int, stages: int) -> int:
    """Write stages of a network as wide as Llama-7B; return its number of weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        num_hidden_layers=layers, architectures=["LlamaForCausalLM"], dtype="bfloat16"
    )
    with torch.device("meta"):
        state = LlamaForCausalLM(config).state_dict()
    write_stages(folder, {n: tuple(v.shape) for n, v in state.items()}, stages=stages)
    for stage in folder.iterdir():
        config.save_pretrained(stage)
    return sum(value.numel() for value in state.values())


def write_stages(folder: Path, shapes: Shapes, *, stages: int) -> None:
    """Write stages of random weights: 1 in each vector, of which no stage differs."""
    for stage in range(stages):
        random = np.random.default_rng(stage)
        block = random.standard_normal(BLOCK, dtype=np.float32) * np.float32(0.05)
        write_stage(folder / f"stage-{stage}", shapes, bfloat16_bytes(block))


def bfloat16_bytes(values: np.ndarray) -> bytes:
    """Cut float32 to its upper half, which is a bfloat16."""
    return (values.view(np.uint32) >> 16).astype(np.uint16).tobytes()


def write_stage(folder: Path, shapes: Shapes, block: bytes) -> None:
    """Write a folder as transformers does; matrices hold a block again and again."""
    shards: list[dict[str, int]] = [{}]
    for name, shape in shapes.items():
        size = 2 * prod(shape)
        if shards[-1] and sum(shards[-1].values()) + size > SHARD:
            shards.append({})
        shards[-1][name] = size
    folder.mkdir(parents=True)
    weight_map = {}
    for number, sizes in enumerate(shards):
        header, start = {"__metadata__": {"format": "pt"}}, 0
        for name, size in sizes.items():
            places = [start, start := start + size]
            header[name] = {
                "dtype": "BF16",
                "shape": shapes[name],
                "data_offsets": places,
            }
        text = json.dumps(header).encode()
        shard = f"model-{number + 1:05}-of-{len(shards):05}.safetensors"
        weight_map |= dict.fromkeys(sizes, shard)
        with (folder / shard).open("wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for name, size in sizes.items():
                ones = bfloat16_bytes(np.ones(size // 2, dtype=np.float32))
                content = ones if len(shapes[name]) == 1 else block
                for begin in range(0, size, len(content)):
                    file.write(content[: size - begin])
    total = {"total_size": sum(sum(sizes.values()) for sizes in shards)}
    index = json.dumps({"metadata": total, "weight_map": weight_map})
    (folder / "model.safetensors.index.json").write_text(index)


def run(
    python: str | Path,
    words: list[str],
    *,
    folder: Path,
    limit: int = 0,
    threads: int | None = None,
) -> Outcome:
    """Run a function of a module that reads `folder` and writes `folder / "out"`.

    Args:
        python: interpreter of the process.
        words: module, function and arguments.
        folder: its files are read from the disk, not from memory.
        limit: most bytes of the process's data segment (RLIMIT_DATA); 0 for no limit.
        threads: number of threads that the process may use; None for all.
    """
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    if threads:
        environment |= {"OMP_NUM_THREADS": str(threads)}
    for file in folder.rglob("*.safetensors"):
        on_disk(file)
        with file.open("rb") as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    start = time.perf_counter()
    done = subprocess.run(
        [python, "-c", CHILD, str(limit), *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    for file in folder.glob("out/*.safetensors"):
        on_disk(file)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    peak, cpu_seconds = done.stdout.rsplit("cost", 1)[1].split()
    return Outcome(
        seconds=seconds, cpu_seconds=float(cpu_seconds), peak=int(peak) * 1024
    )


def on_disk(path: Path) -> None:
    """Wait until a file is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def predict(
    folder: Path, *, method: str, limit: int = 0, threads: int | None = None
) -> Outcome:
    """Run `know predict` on what `write_stages` wrote."""
    stages = map(str, sorted(folder.glob("stage-*")))
    words = ["know.cli", "app", "predict", *stages, "--method", method]
    words += ["-o", str(folder / "out")]
    return run(sys.executable, words, folder=folder, limit=limit, threads=threads)


def merge(folder: Path, python: Path, *, threads: int | None = None) -> Outcome:
    """Run mergekit's linear merge, all stages with the same weight."""
    # mergekit's settings are YAML, and JSON is YAML.
    models = [
        {"model": str(stage), "parameters": {"weight": 1}}
        for stage in sorted(folder.glob("stage-*"))
    ]
    settings = {"merge_method": "linear", "models": models, "dtype": "bfloat16"}
    (folder / "merge.yaml").write_text(json.dumps(settings))
    words = ["mergekit.scripts.run_yaml", "main", str(folder / "merge.yaml")]
    words += [str(folder / "out"), "--no-copy-tokenizer", "--quiet"]
    return run(python, words, folder=folder, threads=threads)


def digests(folder: Path) -> dict[str, str]:
    """Digest the bytes of each tensor of a network."""
    found = {}
    for file in sorted(folder.glob("*.safetensors")):
        with open_tensors(file) as tensors:
            found |= {
                name: sha256(bytes_of(tensors.read(name))).hexdigest()
                for name in tensors.layout
            }
    return found


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="made, and deleted at the end")
    parser.add_argument("--layers", type=int, default=4, help="32 are Llama-7B")
    parser.add_argument("--stages", type=int, default=2)
    parser.add_argument("--limit-mb", type=int, default=2000, help="0 for none")
    parser.add_argument("--threads", type=int, help="default: all")
    parser.add_argument("--methods", default="soup", help="as in soup,known-plus")
    parser.add_argument("--mergekit", type=Path, help="Python that has mergekit")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def main() -> None:
    """Write, predict, compare, print, delete."""
    told = parsed()
    outcomes: dict[str, list[Outcome]] = {}
    averages = []
    try:
        weights = write_llama(told.folder, layers=told.layers, stages=told.stages)
        ways = {
            f"know, {method}": lambda method=method: predict(
                told.folder,
                method=method,
                limit=told.limit_mb * 10**6,
                threads=told.threads,
            )
            for method in told.methods.split(",")
        }
        if told.mergekit:
            ways[MERGE] = lambda: merge(
                told.folder, told.mergekit, threads=told.threads
            )
        for _ in range(told.repeats):
            for way, work in ways.items():
                outcomes.setdefault(way, []).append(work())
                print(way, outcomes[way][-1], file=sys.stderr, flush=True)
                if way in AVERAGES:
                    averages.append(digests(told.folder / "out"))
                shutil.rmtree(told.folder / "out")
                if averages and averages[0] != averages[-1]:
                    sys.exit(f"{way}: the output is not that of {AVERAGES}")
    finally:
        shutil.rmtree(told.folder, ignore_errors=True)
    print(
        f"{machine('torch')}; {told.stages} stages of {weights:,} weights in bfloat16, "
        f"read from the disk; ours with at most {told.limit_mb:,} MB of data; "
        f"median [least, most] of n = {told.repeats}\n"
    )
    print("| way | seconds | CPU seconds | million weights per second | peak MB |")
    print("|---|---:|---:|---:|---:|")
    for way, costs in outcomes.items():
        columns = [
            spread([cost.seconds for cost in costs], ".1f"),
            spread([cost.cpu_seconds for cost in costs], ".1f"),
            spread([weights / 1e6 / cost.seconds for cost in costs], ".1f"),
            spread([cost.peak / 1e6 for cost in costs], ",.0f"),
        ]
        print("|", way, "|", " | ".join(columns), "|")


if __name__ == "__main__":
    main()
