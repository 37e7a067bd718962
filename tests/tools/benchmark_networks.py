"""What an image of the paper's settings costs: operations, and images a second here.

    uv run python tests/tools/benchmark_networks.py [--batch 8] [--repeats 5]

Counts the operations of a training step of the paper's three networks, thrice those of
the forward pass (matrix products and convolutions; two more for the gradients of each),
and measures steps in float32 on the GPU where there is one, else on all cores.
docs/paper_scale.md reckons with the operations that this prints.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import os
import platform
import statistics
import time
from datetime import UTC, datetime

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from know.architectures import build_network

# Name, architecture, options, classes, pixels a side.
NETWORKS = (
    ("ResNet18", "resnet18", {}, 100, 32),
    ("PVTv2-b2", "pvt-v2", {"variant": "b2"}, 1000, 224),
    ("DeepLabV3+, MobileNetV2", "deeplabv3plus", {}, 21, 512),
)


def built(
    architecture: str, options: dict[str, str], classes: int, size: int, batch: int
) -> tuple[nn.Module, Tensor]:
    """A network and random images for it."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = build_network(
        architecture, num_classes=classes, image_size=size, seed=0, options=options
    )
    return network.to(device), torch.randn(batch, 3, size, size, device=device)


def train_step(network: nn.Module, inputs_BCHW: Tensor) -> None:
    """Forward and backward, without the optimiser."""
    logits: Tensor = network(inputs_BCHW)
    labels = torch.zeros_like(logits[:, 0], dtype=torch.int64)
    nn.functional.cross_entropy(logits, labels).backward()
    if inputs_BCHW.is_cuda:
        torch.cuda.synchronize()


def operations(network: nn.Module, inputs_BCHW: Tensor) -> int:
    """Additions and multiplications of a step.

    The counter takes the backward pass of a convolution by channels for that of a full
    one, so only the forward pass is counted.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(inputs_BCHW)
    return 3 * counter.get_total_flops()


def seconds(network: nn.Module, inputs_BCHW: Tensor) -> float:
    """How long a step takes."""
    begun = time.perf_counter()
    train_step(network, inputs_BCHW)
    return time.perf_counter() - begun


def main() -> None:
    """Count, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    if given.batch < 2:
        parser.error("--batch: BatchNorm wants 2 images or more")
    where = (
        torch.cuda.get_device_name()
        if torch.cuda.is_available()
        else f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    )
    print(
        f"{where}, {datetime.now(UTC):%Y-%m-%d}, load {os.getloadavg()[0]:.2f}; "
        f"batches of {given.batch}, n = {given.repeats}, median [least, most]\n"
    )
    print("| network | pixels | GFLOP an image | images a second | GFLOP a second |")
    print("|---|---:|---:|---:|---:|")
    for name, architecture, options, classes, size in NETWORKS:
        network, inputs_BCHW = built(architecture, options, classes, size, given.batch)
        cost = operations(network, inputs_BCHW) / given.batch / 1e9
        train_step(network, inputs_BCHW)
        rates = [
            given.batch / seconds(network, inputs_BCHW) for _ in range(given.repeats)
        ]
        rate = statistics.median(rates)
        print(
            f"| {name} | {size} | {cost:.2f} | {rate:.1f} "
            f"[{min(rates):.1f}, {max(rates):.1f}] | {cost * rate:.0f} |"
        )


if __name__ == "__main__":
    main()
