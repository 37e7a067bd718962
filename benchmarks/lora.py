"""Low-rank adapters: are A and B better predicted apart, or in their product?

    uv run python benchmarks/lora.py [--seeds 8] [--epochs 15]

Trains adapters of a small network on scikit-learn's digits, then on ever smaller
subsets, five stages in all. Each method predicts stage 0, which it is not shown, from
the other four: A and B apart, or the product B A, cut back to its rank by a singular
value decomposition. Prints a table of errors in Markdown; Decision 34 holds one.
"""
# ruff: noqa: T201 - a command line tool prints its table.

import argparse
import logging
import statistics
from collections.abc import Mapping

import torch
from machine import machine
from sklearn.datasets import load_digits
from torch import Tensor, nn

import know

METHODS = ("task-vector", "linear-fit", "ar1", "known", "shrink")
RANK, SAMPLES, STAGES = 4, 1280, 5
LEARNING_RATE, BATCH = 2e-3, 32

State = dict[str, Tensor]


class Adapted(nn.Module):
    """A linear layer that stays as it is, and its adapter."""

    def __init__(self, base: nn.Linear) -> None:
        """Put an adapter that does nothing yet beside `base`."""
        super().__init__()
        self.base = base.requires_grad_(requires_grad=False)
        self.lora_A = nn.Linear(base.in_features, RANK, bias=False)
        self.lora_B = nn.Linear(RANK, base.out_features, bias=False)
        nn.init.zeros_(self.lora_B.weight)

    def forward(self, inputs: Tensor) -> Tensor:
        """Add the adapter's output, twice as large, to the layer's."""
        adapted: Tensor = self.base(inputs) + 2 * self.lora_B(self.lora_A(inputs))
        return adapted


def fit(network: nn.Module, inputs: Tensor, labels: Tensor, epochs: int) -> None:
    """Train what can be trained."""
    trained = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=LEARNING_RATE)
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(BATCH):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(network(inputs[batch]), labels[batch])
            loss.backward()
            optimizer.step()


def recorded(seed: int, epochs: int) -> list[State]:
    """Adapters of each stage, all data first."""
    torch.manual_seed(seed)
    digits = load_digits()
    order = torch.randperm(len(digits.target))
    inputs = torch.tensor(digits.data / 16, dtype=torch.float32)[order]
    labels = torch.tensor(digits.target)[order]
    network = nn.Sequential(
        nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    # The adapters have another task than the network that they adapt.
    fit(network, inputs[SAMPLES:], labels[SAMPLES:] % 5, epochs)
    network[0], network[2] = Adapted(network[0]), Adapted(network[2])
    network[4] = nn.Linear(64, 10)
    states = []
    for stage in range(STAGES):
        count = SAMPLES >> stage
        fit(network, inputs[:count], labels[:count], epochs)
        states.append(
            {n: v.clone() for n, v in network.state_dict().items() if "lora" in n}
        )
    return states


def products(state: Mapping[str, Tensor]) -> State:
    """Return the product B A of each adapter."""
    return {
        name.replace("lora_B", "product"): B @ state[name.replace("lora_B", "lora_A")]
        for name, B in state.items()
        if "lora_B" in name
    }


def cut(matrix: Tensor) -> Tensor:
    """Leave the leading singular vectors."""
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    leading: Tensor = (left[:, :RANK] * values[:RANK]) @ right[:RANK]
    return leading


def distance(one: State, other: State) -> float:
    """Distance of all products together."""
    squares = [(one[name] - other[name]).square().sum() for name in one]
    return float(torch.stack(squares).sum().sqrt())


def errors(states: list[State], method: str) -> tuple[float, float]:
    """Errors apart and in the product, over that of copying stage 1."""
    hidden, *shown = map(products, states)
    apart = products(know.predict(states[1:], method))
    together = {n: cut(v) for n, v in know.predict(shown, method).items()}
    copying = distance(shown[0], hidden)
    return distance(apart, hidden) / copying, distance(together, hidden) / copying


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # Small matrices.
    logging.getLogger("know").setLevel(logging.ERROR)
    runs = [recorded(seed, arguments.epochs) for seed in range(arguments.seeds)]
    print(f"{machine('torch')}; mean over n = {len(runs)} seeds, standard deviation\n")
    print("| method | apart | product | product - apart |")
    print("|---|---:|---:|---:|")
    for method in METHODS:
        found = [errors(states, method) for states in runs]
        columns = [[a for a, _ in found], [p for _, p in found]]
        columns.append([p - a for a, p in found])
        cells = [f"{statistics.mean(c):+.3f} ± {spread_of(c)}" for c in columns]
        print(f"| {method} | {' | '.join(cells)} |")


def spread_of(values: list[float]) -> str:
    """Sample standard deviation, if there is one."""
    return f"{statistics.stdev(values):.3f}" if len(values) > 1 else "-"


if __name__ == "__main__":
    main()
