"""Accuracy of many states of one network: one after the other, or stacked.

    uv run python tests/tools/benchmark_landscape.py [--states 32] [--repeats 5]

Small CNNs as in Figure 3, 500 images, on the accelerator where there is one, else on
one thread of the processor. The ways take turns; what is counted on the processor is
its own time, so that other processes disturb less. Prints a table in Markdown;
docs/benchmarks.md holds one. Takes a minute.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow_scripts"))

from know.architectures import build_network
from know.landscape.evaluation import all_at_once, one_by_one
from know.training.images import Images
from know.weights.checkpoint import State

NUM_CLASSES, NUM_IMAGES = 10, 500
NETWORKS = {
    "no norm layers": {"norm": False},
    "BatchNorm": {"norm": True},
}
WAYS = {"one after the other": one_by_one, "stacked": all_at_once}


def noisy_states(network: torch.nn.Module, count: int) -> list[State]:
    """States around a network's own, on its device."""
    generator = torch.Generator().manual_seed(0)

    def noise(value: torch.Tensor) -> torch.Tensor:
        drawn = 0.01 * torch.randn(value.shape, generator=generator)
        return drawn.to(value.device)

    return [
        {
            name: value + noise(value) if value.dtype.is_floating_point else value
            for name, value in network.state_dict().items()
        }
        for _ in range(count)
    ]


def seconds_of(work: Callable[[], object], device: torch.device) -> float:
    """What one call takes: processor time on the CPU, wall time on an accelerator."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    start = clock()
    work()  # its scores are numbers, so an accelerator has finished
    return clock() - start


def measured(
    size: int, options: dict[str, bool], states: int, repeats: int, device: torch.device
) -> dict[str, list[float]]:
    """Milliseconds a state of each way, after a turn that does not count."""
    network = build_network(
        "simplenet", num_classes=NUM_CLASSES, image_size=size, seed=0, options=options
    ).to(device)
    generator = torch.Generator().manual_seed(1)
    shape = (NUM_IMAGES, 3, size, size)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    images = Images(
        pixels.to(device),
        torch.arange(NUM_IMAGES, device=device) % NUM_CLASSES,
        torch.zeros(shape[1:], device=device),
    )
    drawn = noisy_states(network, states)
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(repeats + 1):
        for way, evaluate in WAYS.items():
            seconds = seconds_of(lambda e=evaluate: e(network, images, drawn), device)
            taken[way].append(1000 * seconds / states)
    return {way: values[1:] for way, values in taken.items()}


def main() -> None:
    """Measure each network at both sizes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--states", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_num_threads(1)
    name = torch.cuda.get_device_name() if device.type == "cuda" else "one CPU thread"
    print(
        f"{name}, Python {platform.python_version()}, torch {version('torch')}; "
        f"{chosen.states} states, {NUM_IMAGES} images, n = {chosen.repeats}\n"
    )
    print(
        f"| network | pixels | {' | '.join(WAYS)} | ratio |\n|---|---:|---:|---:|---:|"
    )
    for label, options in NETWORKS.items():
        for size in (16, 32):
            taken = measured(size, options, chosen.states, chosen.repeats, device)
            cells = [
                f"{statistics.median(values):.1f} "
                f"[{min(values):.1f}, {max(values):.1f}]"
                for values in taken.values()
            ]
            alone, stacked = (statistics.median(values) for values in taken.values())
            row = [f"simplenet, {label}", str(size), *cells, f"{alone / stacked:.2f}"]
            print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
