"""How fast KNOWN predicts, beside its plain network and the machine's matrix products.

    uv run python tests/tools/benchmark_prediction.py [--weights 1000000] [--repeats 9]

On one thread and on all: `forward` without gradients at the authors' batch of 100,000
weights, `residual`, and `torch.mm` in float32. The three take turns, so that a change
of the machine's speed meets all alike; ratios are those within a turn. Prints a table
in Markdown; docs/benchmarks.md holds one. Takes a minute; leave the machine alone
meanwhile, or else measure one thread by the time that it had the processor:
`--cpu-time`.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow_scripts"))

from know.hypernetwork.fused import FusedKnown
from know.hypernetwork.network import Known

AUTHORS_BATCH = 100_000
STAGES = 5
# Rows, inner dimension, columns of the products that are tried.
SHAPES = [(2048, 2048, 2048), (1024, 1024, 1024), (4096, 512, 1024), (512, 512, 8192)]
LARGE_SQUARE = SHAPES[0]

Clock = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One measurement of each."""

    forward: float
    """Weights a second."""
    residual: float
    large: float
    """Operations a second of the large square product."""
    best: float
    """Operations a second of the fastest product."""


def seconds_of(work: Callable[[], object], clock: Clock) -> float:
    """What one call takes."""
    start = clock()
    work()
    return clock() - start


def product(shape: tuple[int, int, int], clock: Clock) -> Callable[[], float]:
    """A measurement of a matrix product, in operations a second."""
    rows, inner, columns = shape
    left, right = torch.randn(rows, inner), torch.randn(inner, columns)
    out = torch.empty(rows, columns)
    operations = 2 * rows * inner * columns
    return lambda: (
        operations / seconds_of(lambda: torch.mm(left, right, out=out), clock)
    )


def measured(
    model: Known, history_SN: torch.Tensor, repeats: int, clock: Clock
) -> list[Turn]:
    """Turns on the threads that PyTorch has now, after one that does not count."""
    products = {shape: product(shape, clock) for shape in SHAPES}
    speeds = {s: max(run() for _ in range(4)) for s, run in products.items()}
    best = products[max(speeds, key=lambda shape: speeds[shape])]
    # Each the layout that it is given in use.
    batch_NS = history_SN[:, :AUTHORS_BATCH].T.contiguous()
    turns = []
    for _ in range(repeats + 1):
        with torch.no_grad():
            forward = len(batch_NS) / seconds_of(lambda: model(batch_NS), clock)
        before = best()
        residual_seconds = seconds_of(lambda: model.residual(history_SN.T), clock)
        after = best()
        turns.append(
            Turn(
                forward=forward,
                residual=history_SN.shape[1] / residual_seconds,
                large=products[LARGE_SQUARE](),
                best=(before + after) / 2,
            )
        )
    return turns[1:]


def spread(values: Sequence[float], form: str) -> str:
    """Median and extremes."""
    median, least, most = statistics.median(values), min(values), max(values)
    return f"{median:{form}} [{least:{form}}, {most:{form}}]"


def rows(turns: Sequence[Turn], multiply_adds: int) -> dict[str, str]:
    """What is printed of the turns, by what it is."""
    operations = 2 * multiply_adds
    return {
        "`forward`, million weights a second": spread(
            [turn.forward / 1e6 for turn in turns], ".2f"
        ),
        "`residual`, million weights a second": spread(
            [turn.residual / 1e6 for turn in turns], ".2f"
        ),
        "`residual` / `forward`": spread(
            [turn.residual / turn.forward for turn in turns], ".1f"
        ),
        "`residual`, GFLOP/s": spread(
            [turn.residual * operations / 1e9 for turn in turns], ".1f"
        ),
        "product of large squares, GFLOP/s": spread(
            [turn.large / 1e9 for turn in turns], ".1f"
        ),
        "fastest product, GFLOP/s": spread([turn.best / 1e9 for turn in turns], ".1f"),
        "`residual`, percent of the fastest product": spread(
            [100 * turn.residual * operations / turn.best for turn in turns], ".0f"
        ),
    }


def processor() -> str:
    """Name of the processor."""
    with Path("/proc/cpuinfo").open() as lines:
        models = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return models[0] if models else platform.processor()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--cpu-time", action="store_true", help="one thread only")
    told = parser.parse_args()
    clock = time.process_time if told.cpu_time else time.perf_counter
    every = 1 if told.cpu_time else torch.get_num_threads()
    load_before = os.getloadavg()[0]
    generator = torch.Generator().manual_seed(0)
    model = Known(STAGES, generator=generator)
    multiply_adds = FusedKnown(model).multiply_adds
    history_SN = 0.05 * torch.randn(STAGES, told.weights, generator=generator)
    columns = {}
    for threads in sorted({1, every}):
        torch.set_num_threads(threads)
        turns = measured(model, history_SN, told.repeats, clock)
        columns[threads] = rows(turns, multiply_adds)
    time_of = "processor time" if told.cpu_time else "wall time"
    print(
        f"{processor()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}, Python "
        f"{platform.python_version()}, torch {version('torch')}; load average "
        f"{load_before:.2f} before, {os.getloadavg()[0]:.2f} after; {STAGES} stages, "
        f"{multiply_adds:,} multiply-adds a weight; {time_of}, "
        f"median [min, max] of n = {told.repeats}\n"
    )
    heads = [f"{n} thread" + "s" * (n > 1) for n in columns]
    print(f"| what | {' | '.join(heads)} |")
    print("|---|" + "---:|" * len(columns))
    for what in next(iter(columns.values())):
        print(f"| {what} | {' | '.join(column[what] for column in columns.values())} |")


if __name__ == "__main__":
    main()
