"""Cost of an image in the paper's settings: operations, and images per second here.

    uv run python benchmarks/networks.py [--batch 8] [--repeats 5]

Counts the operations of a training step of the paper's three networks, three times
those of the forward pass (matrix products and convolutions; the gradients of each take
two more), and measures steps in float32 on the GPU if there is one, otherwise on all
cores. docs/paper_scale.md uses the operations that this prints.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import time

import torch
from machine import machine, spread
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from know.architectures import build_network

# Name, architecture, options, classes, pixels per side.
NETWORKS = (
    ("ResNet18", "resnet18", {}, 100, 32),
    ("PVTv2-b2", "pvt-v2", {"variant": "b2"}, 1000, 224),
    ("DeepLabV3+, MobileNetV2", "deeplabv3plus", {}, 21, 512),
)


def built(
    architecture: str, options: dict[str, str], classes: int, size: int, batch: int
) -> tuple[nn.Module, Tensor]:
    """Build a network and random images for it."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = build_network(
        architecture, num_classes=classes, image_size=size, seed=0, options=options
    )
    return network.to(device), torch.randn(batch, 3, size, size, device=device)


def seconds_of_a_step(network: nn.Module, inputs_BCHW: Tensor) -> float:
    """Time the forward and backward pass, without the optimizer."""
    start = time.perf_counter()
    logits: Tensor = network(inputs_BCHW)
    labels = torch.zeros_like(logits[:, 0], dtype=torch.int64)
    nn.functional.cross_entropy(logits, labels).backward()
    if inputs_BCHW.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - start


def operations(network: nn.Module, inputs_BCHW: Tensor) -> int:
    """Count additions and multiplications of a step.

    Only the forward pass is counted: the counter takes the backward pass of a depthwise
    convolution for that of a full one.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(inputs_BCHW)
    return 3 * counter.get_total_flops()


def main() -> None:
    """Count, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=8, help="2 or more")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    gpu = f"{torch.cuda.get_device_name()}, " if torch.cuda.is_available() else ""
    print(
        f"{gpu}{machine('torch')}; batches of {given.batch}, n = {given.repeats}, "
        "median [least, most]\n"
    )
    print("| network | pixels | GFLOP per image | images per second | GFLOP/s |")
    print("|---|---:|---:|---:|---:|")
    for name, architecture, options, classes, size in NETWORKS:
        network, inputs_BCHW = built(architecture, options, classes, size, given.batch)
        cost = operations(network, inputs_BCHW) / given.batch / 1e9
        seconds_of_a_step(network, inputs_BCHW)
        rates = [
            given.batch / seconds_of_a_step(network, inputs_BCHW)
            for _ in range(given.repeats)
        ]
        print(
            f"| {name} | {size} | {cost:.2f} | {spread(rates, '.1f')} "
            f"| {spread([cost * rate for rate in rates], '.0f')} |"
        )


if __name__ == "__main__":
    main()
