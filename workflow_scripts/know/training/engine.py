"""The training loop that every task shares."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from know.architectures.network import BodyAndHead
from know.data.augmentation import AUGMENTATIONS
from know.errors import DivergedError
from know.randomness import seed_for
from know.training.adam import Adam
from know.training.examples import Examples
from know.training.progress import Progress
from know.training.schedules import learning_rate_at
from know.training.settings import Optimizer, Phase, TrainingSettings
from know.training.sgd import Sgd
from know.weights.checkpoint import State
from know.weights.kinds import is_norm

log = logging.getLogger("know")

# Shape suffixes: N images, B batch, D draws an augmentation takes, C, H, W as usual.

_OPTIMIZERS: dict[Optimizer, type[Adam | Sgd]] = {"adam": Adam, "sgd": Sgd}


@dataclass(frozen=True)
class TrainingResult:
    """What a training leaves beside the network's new weights."""

    moments: State
    """The optimizer's state by parameter, for a training that goes on from here."""
    curve: list[dict[str, float]]
    """What `evaluate` said after each epoch it was asked, by metric."""
    seconds: float


def train(
    network: BodyAndHead,
    examples: Examples,
    settings: TrainingSettings,
    *,
    seed: int,
    moments: Mapping[str, Tensor] | None = None,
    evaluate: Callable[[nn.Module], Mapping[str, float]] | None = None,
    evaluate_every: int = 1,
    progress: Progress | None = None,
) -> TrainingResult:
    """Train `network` in place, phase after phase, with one optimizer.

    An epoch's order and augmentation depend on the seed and the epoch's number alone,
    so a training that resumes after a kill ends in the bytes it would have ended in.

    Source: the authors' scripts: Adam (0.9, 0.999, 1e-8), batches drawn without
    replacement, the remainder of an epoch dropped, moments kept between phases. SGD and
    weight decay are for meta-data (Decision 5).

    Args:
        network: on the examples' device.
        examples: the training split.
        settings: phases, batch size, augmentation, precision, optimizer.
        seed: of order and augmentation.
        moments: optimizer's state to continue with, from an earlier `TrainingResult`.
        evaluate: measures the network, such as its accuracy on a test split; values
            by metric.
        evaluate_every: epochs between two measurements; the last is always measured.
        progress: where to keep finished epochs; nothing is kept where absent.

    Returns:
        The optimizer's moments, the measured curve and the wall time in seconds, the
        time before a resumption among it.

    Raises:
        DivergedError: if the loss becomes NaN or infinite, with the epoch.
    """
    started = time.monotonic()
    make = partial(
        _OPTIMIZERS[settings.optimizer], network, weight_decay=settings.weight_decay
    )
    optimizer = make(moments=moments)
    curve: list[dict[str, float]] = []
    first_epoch = 0
    if progress and (saved := progress.load()):
        tensors, facts = saved
        network.load_state_dict(_under("network/", tensors))
        optimizer = make(moments=_under("moments/", tensors))
        curve, first_epoch = facts["curve"], facts["epochs"]
        started -= facts["seconds"]
        log.info("resuming after epoch %d", first_epoch)
    epochs = [(p, e) for p in settings.phases for e in range(p.epochs)]
    for number, (phase, epoch) in enumerate(epochs[first_epoch:], start=first_epoch):
        begun = time.monotonic()
        _freeze(network, phase)
        learning_rate = learning_rate_at(phase, epoch)
        loss, seen = _run_epoch(
            network,
            examples,
            settings,
            partial(optimizer.step, learning_rate),
            seed=seed_for(seed, "epoch", number),
        )
        if not math.isfinite(loss):
            raise DivergedError(
                f"the loss became {loss} in epoch {number + 1} of {len(epochs)}, at "
                f"learning rate {learning_rate:.2g}"
            )
        is_last = number + 1 == len(epochs)
        if evaluate and (is_last or (number + 1) % evaluate_every == 0):
            curve.append(dict(evaluate(network)))
        _report(number + 1, len(epochs), loss, seen, begun, started)
        if progress and (is_last or progress.is_due()):
            progress.save(
                {
                    **_prefixed("network/", network.state_dict()),
                    **_prefixed("moments/", optimizer.moments),
                },
                {
                    "curve": curve,
                    "epochs": number + 1,
                    "seconds": time.monotonic() - started,
                },
            )
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    return TrainingResult(optimizer.moments, curve, time.monotonic() - started)


def _run_epoch(
    network: BodyAndHead,
    examples: Examples,
    settings: TrainingSettings,
    step: Callable[[], None],
    *,
    seed: int,
) -> tuple[float, int]:
    """Mean loss of one epoch and the number of images seen."""
    augmentation = AUGMENTATIONS[settings.augmentation]
    device = examples.device
    batch = min(settings.batch_size, len(examples))
    batches = len(examples) // batch
    generator = torch.Generator().manual_seed(seed)
    order_N = torch.randperm(len(examples), generator=generator).to(device)
    num_draws = examples.num_draws(augmentation)
    draws_ND = torch.rand(len(examples), num_draws, generator=generator).to(device)
    total = torch.zeros((), device=device)
    network.train()
    for number in range(batches):
        chosen = slice(number * batch, (number + 1) * batch)
        indices_B = order_N[chosen]
        with autocast(device, settings.precision):
            loss = examples.loss(network, indices_B, draws_ND[chosen], augmentation)
        network.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        step()
        total += loss.detach().float()
    return float(total) / batches, batches * batch


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Mixed precision where it is wanted: `auto` means bfloat16 on CUDA only."""
    wanted = precision == "bfloat16" or (precision == "auto" and device.type == "cuda")
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=wanted)


def _freeze(network: BodyAndHead, phase: Phase) -> None:
    """Let nothing but what the phase trains ask for gradients."""
    head = set(network.head.modules())
    for module in network.modules():
        trains = phase.trainable == "everything" or is_norm(module) or module in head
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(trains)


def _report(
    number: int,
    epochs: int,
    loss: float,
    seen: int,
    begun: float,
    started: float,
) -> None:
    now = time.monotonic()
    left = (now - started) / number * (epochs - number)
    log.info(
        "epoch %d/%d loss %.4f, %.0f images/s, %.0f s left",
        number,
        epochs,
        loss,
        seen / max(now - begun, 1e-9),
        left,
    )


def _prefixed(prefix: str, tensors: Mapping[str, Any]) -> State:
    return {prefix + name: value for name, value in tensors.items()}


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> State:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
