"""Training of several networks of one architecture at once.

One small network keeps an accelerator waiting for the next launch. Stacked, M of them
take the launches of one.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from know.architectures.network import Network
from know.data.augmentation import AUGMENTATIONS
from know.errors import DivergedError, raise_all
from know.randomness import seed_for
from know.training.engine import TrainingResult
from know.training.epochs import autocast
from know.training.images import Images
from know.training.schedules import learning_rate_at
from know.training.settings import Phase, TrainingSettings
from know.training.stacked_optimizers import STACKED_OPTIMIZERS
from know.weights.kinds import is_norm

log = logging.getLogger("know")

# Shape suffixes: M networks, N images of each, B batch, D draws an augmentation takes,
# C, H, W as usual.


def train_together(
    networks: Sequence[Network],
    images: Sequence[Images],
    settings: TrainingSettings,
    *,
    seeds: Sequence[int],
    learning_rates: Sequence[float],
    optimizer_state: Sequence[Mapping[str, Tensor] | None] | None = None,
) -> list[TrainingResult | DivergedError]:
    """Train networks in place, each as `know.training.engine.train` trains it alone.

    Order, augmentation, batches and arithmetic of a network are those it has alone, up
    to the rounding of sums; the others change nothing. In float32 weights agree to 1e-5
    after a few epochs (a test), except where a gradient is zero up to rounding: of that
    Adam makes steps as large as the learning rate, as for a bias before a BatchNorm,
    which cancels them. Inputs keep the usual layout: images of several networks lie
    beside each other, so channels cannot come last.

    Args:
        networks: M of one architecture, on the images' device.
        images: each network's training split, all of one size. They are copied.
        settings: what all have in common; the phases' learning rates are not looked at.
        seeds: of each network's order and augmentation.
        learning_rates: each network's peak, in every phase.
        optimizer_state: each network's state of the optimizer to continue with.

    Returns:
        For each network its state, with an empty curve and the wall time of all
        together; in the place of one whose loss became NaN or infinite the error that
        it would have raised alone.

    Raises:
        KnowError: if the networks or their images cannot be stacked.
    """
    started = time.monotonic()
    given = [state or {} for state in optimizer_state or [None] * len(networks)]
    _check(
        networks,
        images,
        seeds=seeds,
        learning_rates=learning_rates,
        optimizer_state=given,
    )
    ensemble, image_stack = _Ensemble.of(networks), _ImageStack.of(images)
    optimizer = STACKED_OPTIMIZERS[settings.optimizer](
        ensemble.parameters, optimizer_state=given, weight_decay=settings.weight_decay
    )
    errors: dict[int, DivergedError] = {}
    epochs = [(p, e) for p in settings.phases for e in range(p.epochs)]
    for number, (phase, epoch) in enumerate(epochs):
        begun = time.monotonic()
        ensemble.freeze(phase)
        rates = [
            learning_rate_at(replace(phase, learning_rate=peak), epoch)
            for peak in learning_rates
        ]
        device = image_stack.labels_MN.device
        rates_M = torch.tensor(rates, dtype=torch.float64, device=device)
        losses, seen = _run_epoch(
            ensemble,
            image_stack,
            settings,
            partial(optimizer.step, rates_M),
            seeds=[seed_for(seed, "epoch", number) for seed in seeds],
        )
        when = f"in epoch {number + 1} of {len(epochs)}"
        errors |= _errors(losses, rates, when, known=errors)
        _report(number + 1, len(epochs), losses, seen, time.monotonic() - begun)
    ensemble.put_back(networks)
    seconds = time.monotonic() - started
    return [
        errors.get(index)
        or TrainingResult(optimizer.optimizer_state_of(index), [], seconds)
        for index in range(len(networks))
    ]


@dataclass(frozen=True)
class _Ensemble:
    """Networks of one architecture, each parameter and buffer of them one tensor."""

    form: Network
    """Lends its modules; its own weights stay aside."""
    parameters: dict[str, Tensor]
    buffers: dict[str, Tensor]

    @classmethod
    def of(cls, networks: Sequence[Network]) -> "_Ensemble":
        for network in networks:
            network.train()
        return cls(networks[0], *stack_module_state(list(networks)))

    def losses(self, inputs_MBCHW: Tensor, labels_MB: Tensor) -> Tensor:
        """Mean loss of each network's own batch; buffers are updated in place."""

        def loss(
            parameters: dict[str, Tensor],
            buffers: dict[str, Tensor],
            inputs_BCHW: Tensor,
            labels_B: Tensor,
        ) -> Tensor:
            logits_BK = functional_call(self.form, (parameters, buffers), inputs_BCHW)
            return nn.functional.cross_entropy(logits_BK, labels_B)

        losses_M: Tensor = vmap(loss)(
            self.parameters, self.buffers, inputs_MBCHW, labels_MB
        )
        return losses_M

    def forget_gradients(self) -> None:
        for value in self.parameters.values():
            value.grad = None

    def freeze(self, phase: Phase) -> None:
        """Let nothing but what the phase trains ask for gradients."""
        trained = {
            id(parameter)
            for module in self.form.modules()
            if phase.trainable == "everything"
            or is_norm(module)
            or module is self.form.head
            for parameter in module.parameters(recurse=False)
        }
        self.forget_gradients()
        for name, parameter in self.form.named_parameters():
            self.parameters[name].requires_grad_(id(parameter) in trained)

    @torch.no_grad()
    def put_back(self, networks: Sequence[Network]) -> None:
        """Copy parameters and buffers into the networks they came from."""
        stacked = {**self.parameters, **self.buffers}
        for index, network in enumerate(networks):
            for name, value in chain(
                network.named_parameters(), network.named_buffers()
            ):
                value.copy_(stacked[name][index])


@dataclass(frozen=True)
class _ImageStack:
    """As many images for each network."""

    pixels_MNCHW: Tensor
    labels_MN: Tensor
    mean_M1CHW: Tensor

    @classmethod
    def of(cls, images: Sequence[Images]) -> "_ImageStack":
        return cls(
            torch.stack([given.held_pixels for given in images]),
            torch.stack([given.labels_N for given in images]),
            torch.stack([given.mean_CHW for given in images])[:, None],
        )

    def batch(self, indices_MB: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs (M, B, C, H, W) and labels (M, B) of each network's own indices."""
        networks_M1 = torch.arange(len(indices_MB), device=indices_MB.device)[:, None]
        pixels_MBCHW = self.pixels_MNCHW[networks_M1, indices_MB]
        inputs_MBCHW = pixels_MBCHW.float() / 255 - self.mean_M1CHW
        return inputs_MBCHW, self.labels_MN.gather(1, indices_MB)


def _run_epoch(
    ensemble: _Ensemble,
    images: _ImageStack,
    settings: TrainingSettings,
    step: Callable[[], None],
    *,
    seeds: Sequence[int],
) -> tuple[list[float], int]:
    """Mean loss of each network in one epoch, and the number of images seen by all."""
    device = images.labels_MN.device
    num_images = images.labels_MN.shape[1]
    batch = min(settings.batch_size, num_images)
    batches = num_images // batch
    num_draws = AUGMENTATIONS[settings.augmentation].num_draws
    drawn = [_order_and_draws(num_images, num_draws, seed) for seed in seeds]
    order_MN = torch.stack([order_N for order_N, _ in drawn]).to(device)
    draws_MND = torch.stack([draws_ND for _, draws_ND in drawn]).to(device)
    total_M = torch.zeros(len(seeds), device=device)
    for number in range(batches):
        chosen = slice(number * batch, (number + 1) * batch)
        inputs_MBCHW, labels_MB = images.batch(order_MN[:, chosen])
        inputs_MBCHW = _augmented(inputs_MBCHW, draws_MND[:, chosen], settings)
        with autocast(device, settings.precision):
            losses_M = ensemble.losses(inputs_MBCHW, labels_MB)
        ensemble.forget_gradients()
        losses_M.sum().backward()  # type: ignore[no-untyped-call]
        step()
        total_M += losses_M.detach().float()
    return (total_M / batches).tolist(), len(seeds) * batches * batch


def _order_and_draws(
    num_images: int, num_draws: int, seed: int
) -> tuple[Tensor, Tensor]:
    """An epoch's order (N) and random numbers (N, D), as a lone training draws them."""
    generator = torch.Generator().manual_seed(seed)
    order_N = torch.randperm(num_images, generator=generator)
    return order_N, torch.rand(num_images, num_draws, generator=generator)


def _augmented(
    inputs_MBCHW: Tensor, draws_MBD: Tensor, settings: TrainingSettings
) -> Tensor:
    augmentation = AUGMENTATIONS[settings.augmentation]
    changed = augmentation.apply(inputs_MBCHW.flatten(0, 1), draws_MBD.flatten(0, 1))
    return changed.reshape(inputs_MBCHW.shape)


def _errors(
    losses: Sequence[float],
    rates: Sequence[float],
    when: str,
    *,
    known: Mapping[int, DivergedError],
) -> dict[int, DivergedError]:
    """The networks that have lost their loss just now, by index."""
    errors = {
        index: DivergedError(
            f"the loss became {loss} {when}, at learning rate {rate:.2g}"
        )
        for index, (loss, rate) in enumerate(zip(losses, rates, strict=True))
        if index not in known and not math.isfinite(loss)
    }
    for index, error in errors.items():
        log.warning("network %d of %d: %s", index, len(losses), error)
    return errors


def _check(
    networks: Sequence[Network],
    images: Sequence[Images],
    **given: Sequence[object],
) -> None:
    """Refuse what cannot be stacked, every offender at once."""
    problems = [] if networks else ["there is no network"]
    problems += [
        f"{len(values)} {name} for {len(networks)} networks"
        for name, values in {"images": images, **given}.items()
        if len(values) != len(networks)
    ]
    shapes = [_shapes(network) for network in networks]
    problems += [
        f"network {index} has other tensors than network 0"
        for index, found in enumerate(shapes)
        if found != shapes[0]
    ]
    problems += [
        f"the images of network {index} are {tuple(split.pixels_NCHW.shape)}, those of "
        f"network 0 are {tuple(images[0].pixels_NCHW.shape)}"
        for index, split in enumerate(images)
        if split.pixels_NCHW.shape != images[0].pixels_NCHW.shape
    ]
    raise_all(problems, "networks cannot be trained together")


def _shapes(network: Network) -> dict[str, torch.Size]:
    return {name: value.shape for name, value in network.state_dict().items()}


def _report(
    number: int, epochs: int, losses: Sequence[float], seen: int, seconds: float
) -> None:
    log.info(
        "epoch %d/%d of %d networks, loss %.4f to %.4f, %.0f images/s",
        number,
        epochs,
        len(losses),
        min(losses),
        max(losses),
        seen / max(seconds, 1e-9),
    )
