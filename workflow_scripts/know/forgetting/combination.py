"""Theta_0 moved along its own trajectory, by coefficients fitted on held-out images.

Predictors see weights alone. These two methods also see images of the pre-training task
that no training has seen (`held_out_halves`); no downstream image is ever read.
"""

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from know.data.augmentations.none import AUGMENTATION
from know.errors import KnowError
from know.forgetting.held_out import held_out_halves
from know.forgetting.ladder import Ladder
from know.randomness import seed_for
from know.store.read import open_trajectory
from know.training.evaluation import accuracy, mean_loss
from know.training.images import Batch, Images
from know.training.norms import recalibrate_norms, start_batch_statistics
from know.weights.checkpoint import State

log = logging.getLogger("know")

# Shape suffix: D steps between stages, that from Theta_1 to Theta_0 first; further
# dimensions are the tensor's.

Fit = Literal["line-search", "subspace"]
Coefficients = Mapping[str, Tensor]
"""Shape (D,) for each kind of tensor."""

GRID = (0.0, 0.125, -0.125, 0.25, -0.25, 0.5, -0.5, 0.75, -0.75, 1.0, -1.0)
"""Values of a, the smallest steps first: of equals the first wins. Decision 33."""
NUM_STEPS, BATCH_SIZE, LEARNING_RATE = 100, 256, 0.05
"""The subspace's training by Adam; the rate falls to 0 along a cosine. Decision 33."""


@dataclass(frozen=True)
class Route:
    """Theta_0 and the steps that led to it from stage to stage."""

    base: State
    """Parameters of Theta_0; buffers are left out."""
    steps: Mapping[str, Tensor]
    """Theta_(k-1) - Theta_k, k = 1 .. D, of each parameter: shape (D, ...)."""
    kinds: Mapping[str, str]
    """Kind of each parameter: conv, fc, bias or norm."""

    @classmethod
    def through(
        cls,
        stages: Sequence[Mapping[str, Tensor]],
        kinds: Mapping[str, str],
        *,
        device: torch.device,
    ) -> "Route":
        """Take the differences of two or more state dicts, Theta_0 first."""
        names = [name for name, kind in kinds.items() if kind != "buffer"]
        history = {
            name: torch.stack([stage[name] for stage in stages]).to(device)
            for name in names
        }
        return cls(
            {name: value[0] for name, value in history.items()},
            {name: value[:-1] - value[1:] for name, value in history.items()},
            {name: kinds[name] for name in names},
        )

    @property
    def num_steps(self) -> int:
        """Number of steps D."""
        return len(next(iter(self.steps.values())))

    def coefficients(self, *first: float) -> dict[str, Tensor]:
        """Make coefficients of every kind: those given, then 0."""
        values = [*first, *[0.0] * (self.num_steps - len(first))]
        device = next(iter(self.steps.values())).device
        kinds = dict.fromkeys(self.kinds.values())
        return {kind: torch.tensor(values, device=device) for kind in kinds}

    def at(self, coefficients: Coefficients) -> State:
        """Add each kind's sum of coefficients times steps to Theta_0's parameters."""
        return {
            name: base
            + torch.tensordot(coefficients[self.kinds[name]], self.steps[name], dims=1)
            for name, base in self.base.items()
        }


def search_line(score: Callable[[float], tuple[float, float]]) -> float:
    """Return the value on `GRID` of the highest accuracy; of equals, the lowest loss.

    Args:
        score: accuracy and loss at a value.
    """
    scores = {value: score(value) for value in GRID}
    for value, (right, loss) in scores.items():
        log.info("a = %g: accuracy %.2f %%, loss %.4f", value, right, loss)
    return max(scores, key=lambda value: (scores[value][0], -scores[value][1]))


def line_search(
    network: nn.Module, route: Route, images: Images, calibration: Images
) -> Coefficients:
    """Choose a in Theta_0 + a (Theta_0 - Theta_1), also negative, by accuracy.

    Args:
        network: network on the images' device, whose state is overwritten.
        route: trajectory of the network.
        images: held-out images to choose by.
        calibration: D_0, on which BatchNorm is measured anew for each value.

    Returns:
        The same coefficients for every kind, a and then 0.
    """

    def score(value: float) -> tuple[float, float]:
        put(network, route.at(route.coefficients(value)), calibration)
        return accuracy(network, images), mean_loss(network, images)

    return route.coefficients(search_line(score))


def fit_subspace(
    network: nn.Module, route: Route, images: Images, *, seed: int
) -> Coefficients:
    """Fit a coefficient of every step and kind by the cross-entropy of images.

    Source: Li et al., Trainable Weight Averaging (arXiv 2205.13104), who train in the
    space that a training's own weights span. Here it is spanned by the steps between
    stages, each kind of tensor has coefficients of its own, they start at 0 (Theta_0),
    and the images are held out. BatchNorm normalises by batches. Decision 33.

    Args:
        network: network on the images' device, whose running statistics change.
        route: trajectory of the network.
        images: held-out images to fit on.
        seed: seed of their order.

    Raises:
        KnowError: if the fit diverges.
    """
    combined = _Combined(network, route)
    coefficients = list(combined.coefficients.values())
    optimizer = torch.optim.Adam(coefficients, lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, NUM_STEPS)
    start_batch_statistics(network)
    for number, batch in enumerate(images.batches(_orders(images, seed)), start=1):
        optimizer.zero_grad()
        loss = _loss(combined, images, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if number % 20 == 0:
            log.info("step %d of %d: loss %.4f", number, NUM_STEPS, loss.item())
    if not all(torch.isfinite(value).all() for value in coefficients):
        raise KnowError("the subspace's coefficients diverge: some are not finite")
    return {kind: value.detach() for kind, value in combined.coefficients.items()}


class _Combined(nn.Module):
    """A network whose parameters are a function of coefficients."""

    def __init__(self, network: nn.Module, route: Route) -> None:
        super().__init__()
        self.network = network
        self.route = route
        self.coefficients = nn.ParameterDict(route.coefficients())

    def forward(self, inputs_BCHW: Tensor) -> Tensor:
        state = self.route.at(dict(self.coefficients.items()))
        logits: Tensor = functional_call(self.network, state, (inputs_BCHW,))
        return logits


def _orders(images: Images, seed: int) -> list[Tensor]:
    """Indices of every batch; an epoch's last, incomplete one is left out."""
    size = min(BATCH_SIZE, len(images))
    per_epoch = len(images) // size
    generator = torch.Generator().manual_seed(seed)

    def batches() -> Iterator[Tensor]:
        for _ in range(math.ceil(NUM_STEPS / per_epoch)):
            order_N = torch.randperm(len(images), generator=generator)
            yield from torch.split(order_N[: per_epoch * size].to(images.device), size)

    return list(batches())[:NUM_STEPS]


def put(network: nn.Module, parameters: State, calibration: Images) -> None:
    """Give a network parameters, and measure its BatchNorm anew on D_0."""
    network.load_state_dict({**network.state_dict(), **parameters})
    recalibrate_norms(network, calibration)


def _loss(network: nn.Module, images: Images, batch: Batch) -> Tensor:
    draws_BD = torch.empty((len(batch), 0), device=images.device)
    return images.loss(network, batch, draws_BD, AUGMENTATION)


def combine(
    fit: Fit,
    store: Path,
    dataset: Path,
    settings: Mapping[str, Any],
    *,
    device: torch.device,
) -> tuple[State, dict[str, Any]]:
    """Combine a run's stages, as a job of the workflow.

    Args:
        fit: how coefficients are found.
        store: the run's trajectory.
        dataset: file of the pre-training data set.
        settings: pre-training settings as a config states them.
        device: where networks run.

    Returns:
        The network's weights, BatchNorm measured anew on D_0; and facts for the file.
    """
    ladder = Ladder.read(dataset, settings, device=device)
    chooses, _ = held_out_halves(ladder.test)
    with open_trajectory(store) as trajectory:
        stages = list(map(trajectory.read_stage, range(trajectory.num_stages)))
        kinds, run = trajectory.kinds, trajectory.attributes.run
        checksum = trajectory.checksum
    route = Route.through(stages, kinds, device=device)
    network = ladder.network(stages[0])
    if fit == "line-search":
        coefficients = line_search(network, route, chooses, ladder.images)
    else:
        seed = seed_for("subspace", run)
        coefficients = fit_subspace(network, route, chooses, seed=seed)
    put(network, route.at(coefficients), ladder.images)
    found = {kind: value.tolist() for kind, value in coefficients.items()}
    log.info("coefficients by kind, the newest step first: %s", found)
    return dict(network.state_dict()), {
        "coefficients": found,
        "fit": fit,
        "held_out": {
            "accuracy": accuracy(network, chooses),
            "images": len(chooses),
            "loss": mean_loss(network, chooses),
        },
        "horizon": 0,
        "run": run,
        "trajectory": checksum,
    }
