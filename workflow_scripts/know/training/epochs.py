"""One epoch of training: its order, its batches, and each process's share of them."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from know.architectures.network import BodyAndHead
from know.data.augmentations import AUGMENTATIONS
from know.errors import KnowError
from know.randomness import seed_for
from know.training.images import Images
from know.training.processes import num_processes, process_number, sum_over_processes
from know.training.settings import TrainingSettings

# Shape suffixes: N images, S steps of an epoch, B micro-batch, D draws.


@dataclass(frozen=True)
class Position:
    """How far an epoch has come."""

    steps: int = 0
    """Steps done."""
    loss: Tensor | float = 0.0
    """Sum of their losses."""


@dataclass(frozen=True)
class MicroBatch:
    """Images of one forward and backward pass."""

    indices_B: Tensor
    draws_BD: Tensor
    share: float
    """Share of the step's batch, in (0, 1]."""
    seed: int
    """Seed of random layers, such as dropout."""


def run_epoch(
    network: BodyAndHead,
    images: Images,
    settings: TrainingSettings,
    update: Callable[[], None],
    *,
    seed: int,
    start: Position,
    after_step: Callable[[int, Tensor], None],
) -> tuple[float, int]:
    """Train through one epoch, or through the rest of it.

    Each batch is cut into micro-batches, `accumulate` per process, whose gradients are
    added with their sizes as weights. If the loss is a mean over images, that is the
    gradient of the batch's loss. A BatchNorm normalises by its micro-batch alone.

    Args:
        network: network on the images' device.
        images: the training split.
        settings: settings of the training.
        update: changes the weights by their gradients.
        seed: seed of the epoch's order, augmentation and random layers.
        start: position at which an earlier call was stopped.
        after_step: called with the number of steps done and the sum of their losses.

    Returns:
        Mean loss of the whole epoch, and the number of images that this call used.

    Raises:
        KnowError: if a batch has fewer images than micro-batches.
    """
    device = images.device
    augmentation = AUGMENTATIONS[settings.augmentation]
    steps = planned_steps(images, settings, seed=seed)
    left = steps[start.steps :]
    batches = images.batches([part.indices_B for step in left for part in step])
    total = torch.tensor(float(start.loss), device=device)
    network.train()
    # Random layers draw from generators that the caller gets back as they were.
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        for number, step in enumerate(left, start=start.steps + 1):
            network.zero_grad(set_to_none=True)
            loss = torch.zeros((), device=device)
            for part in step:
                batch = next(batches)
                _seed_random_layers(part.seed, device)
                with autocast(device, settings.precision):
                    part_loss = part.share * images.loss(
                        network, batch, part.draws_BD, augmentation
                    )
                part_loss.backward()  # type: ignore[no-untyped-call]
                loss += part_loss.detach().float()
            total += sum_over_processes(loss, network)
            update()
            after_step(number, total)
    return float(total) / len(steps), len(left) * _batch_size(images, settings)


def planned_steps(
    images: Images, settings: TrainingSettings, *, seed: int
) -> list[list[MicroBatch]]:
    """Return this process's micro-batches of every step of an epoch.

    The order and the random draws do not depend on the number of processes.
    """
    batch = _batch_size(images, settings)
    num_parts = settings.accumulate * num_processes()
    if batch < num_parts:
        raise KnowError(
            f"wanted at least one image in each of a batch's {num_parts} "
            f"micro-batches, a batch has {batch}"
        )
    generator = torch.Generator().manual_seed(seed)
    order_N = torch.randperm(len(images), generator=generator)
    num_draws = images.num_draws(AUGMENTATIONS[settings.augmentation])
    draws_ND = torch.rand(len(images), num_draws, generator=generator)
    num_steps = len(images) // batch
    used = num_steps * batch
    order_SB = torch.split(order_N[:used].to(images.device), batch)
    draws_SBD = torch.split(draws_ND[:used].to(images.device), batch)
    first = settings.accumulate * process_number()
    mine = range(first, first + settings.accumulate)
    steps = []
    for number, (order_B, draws_BD) in enumerate(zip(order_SB, draws_SBD, strict=True)):
        indices = order_B.tensor_split(num_parts)
        draws = draws_BD.tensor_split(num_parts)
        steps.append(
            [
                MicroBatch(
                    indices[part],
                    draws[part],
                    share=len(indices[part]) / batch,
                    seed=seed_for(seed, "step", number, "part", part),
                )
                for part in mine
            ]
        )
    return steps


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Return a context of mixed precision; `auto` means bfloat16 on CUDA only."""
    wanted = precision == "bfloat16" or (precision == "auto" and device.type == "cuda")
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=wanted)


def _seed_random_layers(seed: int, device: torch.device) -> None:
    # `torch.manual_seed` takes a millisecond if CUDA has not been used.
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)


def _batch_size(images: Images, settings: TrainingSettings) -> int:
    """Images per step; a split that is smaller than a batch is one batch."""
    return min(settings.batch_size, len(images))
