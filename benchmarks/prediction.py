"""Speed of KNOWN's prediction, beside its plain network and plain matrix products.

    uv run python benchmarks/prediction.py [--weights 1000000] [--repeats 9]

Measures, on one thread and on all: `forward` without gradients at the authors' batch of
100,000 weights, `residual`, and `torch.mm` in float32. The three take turns, so that a
change of the machine's speed affects all of them; ratios are those within a turn.
Prints a table in Markdown; docs/benchmarks.md holds one. Takes a minute on an otherwise
idle machine; on a busy one, `--cpu-time` measures one thread by its processor time.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import time
from collections.abc import Callable

import torch
from machine import machine, spread

from know.hypernetwork.models.known import Known

AUTHORS_BATCH = 100_000
STAGES = 5
# Rows, inner dimension, columns of the products that are tried.
SHAPES = [(2048, 2048, 2048), (1024, 1024, 1024), (4096, 512, 1024), (512, 512, 8192)]
LARGE_SQUARE = SHAPES[0]

Clock = Callable[[], float]


def seconds_of(work: Callable[[], object], clock: Clock) -> float:
    """Time one call."""
    start = clock()
    work()
    return clock() - start


def product(shape: tuple[int, int, int], clock: Clock) -> Callable[[], float]:
    """Return a function that measures a matrix product, in operations per second."""
    rows, inner, columns = shape
    left, right = torch.randn(rows, inner), torch.randn(inner, columns)
    out = torch.empty(rows, columns)
    operations = 2 * rows * inner * columns
    return lambda: (
        operations / seconds_of(lambda: torch.mm(left, right, out=out), clock)
    )


def multiply_adds(model: Known) -> int:
    """Multiply-adds per weight: one for each entry of a matrix, biases included."""
    fused = model.fused()
    matrices = [m for s in fused.streams for m in (s.lift_OI, s.gate_OI, s.mix_OI)]
    return sum(matrix.numel() for matrix in (*matrices, fused.head)) + 1


def measured(
    model: Known, history_SN: torch.Tensor, repeats: int, clock: Clock
) -> dict[str, str]:
    """Measure with PyTorch's current threads; the first turn does not count."""
    per_weight = 2 * multiply_adds(model)
    products = {shape: product(shape, clock) for shape in SHAPES}
    speeds = {s: max(run() for _ in range(4)) for s, run in products.items()}
    best = products[max(speeds, key=lambda shape: speeds[shape])]
    # Each in the layout that it is given in use.
    batch_NS = history_SN[:, :AUTHORS_BATCH].T.contiguous()
    turns = []
    for _ in range(repeats + 1):
        with torch.no_grad():
            forward = len(batch_NS) / seconds_of(lambda: model(batch_NS), clock)
        before = best()
        seconds = seconds_of(lambda: model.residual(history_SN.T), clock)
        fastest = (before + best()) / 2
        residual = history_SN.shape[1] / seconds
        turns.append((forward, residual, products[LARGE_SQUARE](), fastest))
    forwards, residuals, large, fastest = zip(*turns[1:], strict=True)
    ratios = [r / f for r, f in zip(residuals, forwards, strict=True)]
    shares = [100 * per_weight * r / f for r, f in zip(residuals, fastest, strict=True)]
    return {
        "`forward`, million weights per second": spread(
            [f / 1e6 for f in forwards], ".2f"
        ),
        "`residual`, million weights per second": spread(
            [r / 1e6 for r in residuals], ".2f"
        ),
        "`residual` / `forward`": spread(ratios, ".1f"),
        "`residual`, GFLOP/s": spread([per_weight * r / 1e9 for r in residuals], ".1f"),
        "product of large squares, GFLOP/s": spread([v / 1e9 for v in large], ".1f"),
        "fastest product, GFLOP/s": spread([v / 1e9 for v in fastest], ".1f"),
        "`residual`, percent of the fastest product": spread(shares, ".0f"),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--cpu-time", action="store_true", help="one thread only")
    given = parser.parse_args()
    clock = time.process_time if given.cpu_time else time.perf_counter
    every = 1 if given.cpu_time else torch.get_num_threads()
    generator = torch.Generator().manual_seed(0)
    model = Known(STAGES, generator=generator)
    history_SN = 0.05 * torch.randn(STAGES, given.weights, generator=generator)
    columns = {}
    for threads in sorted({1, every}):
        torch.set_num_threads(threads)
        columns[threads] = measured(model, history_SN, given.repeats, clock)
    print(
        f"{machine('torch')}; {STAGES} stages, {multiply_adds(model):,} "
        f"multiply-adds per weight; {'processor' if given.cpu_time else 'wall'} time, "
        f"median [min, max] of n = {given.repeats}\n"
    )
    heads = [f"{n} thread" + "s" * (n > 1) for n in columns]
    print(f"| quantity | {' | '.join(heads)} |")
    print("|---|" + "---:|" * len(columns))
    for what in next(iter(columns.values())):
        print(f"| {what} | {' | '.join(column[what] for column in columns.values())} |")


if __name__ == "__main__":
    main()
