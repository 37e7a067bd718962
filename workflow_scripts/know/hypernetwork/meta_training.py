"""Meta-training of KNOWN from shards of meta-data."""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from know.errors import DivergedError, KnowError
from know.hypernetwork.network import Known
from know.hypernetwork.windows import sample, windows_of
from know.randomness import seed_for
from know.store.shards import open_shard
from know.training.adam import Adam
from know.weights.kinds import Kind

log = logging.getLogger("know")

# Shape suffixes: N weights, B batch, S stages (oldest knowledge first), F features.


@dataclass(frozen=True, kw_only=True)
class MetaTraining:
    """Settings of one hyper-model's training."""

    hypernetwork: str
    stages: int
    """Window length S."""
    epochs: int
    """Passes over the training shards."""
    batch_size: int
    """Weights a step."""
    learning_rate: float
    weights_per_window: int
    """Most weights drawn from one window in one pass, which bounds the memory and
    keeps large networks from outweighing small ones."""
    held_out_shards: int
    """Last shards, on which the model is measured and never trained."""


def meta_train(
    shards: Sequence[Path], kind: Kind, settings: MetaTraining, *, device: torch.device
) -> tuple[Known, dict[str, Any]]:
    """Train KNOWN for one kind of tensor, holding one shard in memory at a time.

    Source: Eq. 6 (mean absolute error of the next weight), the authors' optimiser
    (Adam) and regularisers; batch size and length are not published. Decision 7.

    Args:
        shards: meta-data, the last ones held out.
        kind: conv, fc or bias.
        settings: of the training.
        device: where it happens.

    Returns:
        The model, on the CPU, and its card: mean error over the weights of each epoch
        (`curve`), and held-out scores.

    Raises:
        KnowError: if there is no shard to train on or none held out, or no shard has
            such tensors.
        DivergedError: if the loss or the model is not finite after an epoch.
    """
    training, held_out = _split(shards, settings.held_out_shards)
    seed = seed_for("meta-training", settings.hypernetwork, kind)
    generator = torch.Generator().manual_seed(seed)
    model = Known(settings.stages, generator=generator).to(device)
    optimizer = Adam(model)
    linear = _Linear(settings.stages)
    curve = []
    for epoch in range(settings.epochs):
        missed, count = torch.zeros((), dtype=torch.float64), 0
        for shard in _shuffled(training, generator):
            history_NS, target_N = _draw(shard, kind, settings, generator)
            if not len(target_N):
                continue
            if epoch == 0:
                linear.see(history_NS, target_N)
            missed += _steps(
                model, optimizer, history_NS, target_N, settings, generator
            )
            count += len(target_N)
        if not count:
            raise KnowError(
                f"wanted windows of {settings.stages + 1} stages of tensors of kind "
                f"{kind!r} to train on, found none in {len(training)} shards"
            )
        loss = float(missed) / count
        if not (math.isfinite(loss) and _is_finite(model)):
            raise DivergedError(
                f"KNOWN ({kind}) diverged in epoch {epoch + 1}, the loss was {loss}"
            )
        curve.append(loss)
        log.info("epoch %d/%d loss %.3e", epoch + 1, settings.epochs, loss)
    model.cpu().eval()
    scores = held_out_scores(model, linear, held_out, kind)
    card = {
        "curve": curve,
        "held_out": scores,
        "hypernetwork": settings.hypernetwork,
        "kind": kind,
        "training_shards": len(training),
    }
    log.info("held out: %s", scores)
    return model, card


def _split(shards: Sequence[Path], num_held_out: int) -> tuple[list[Path], list[Path]]:
    """The shards to train on, and the last ones, to measure on."""
    if not 1 <= num_held_out < len(shards):
        raise KnowError(
            "meta-training wants at least one shard held out and one to train on, "
            f"found {num_held_out} to hold out of {len(shards)}"
        )
    return list(shards[:-num_held_out]), list(shards[-num_held_out:])


def _is_finite(model: Known) -> bool:
    return all(bool(torch.isfinite(value).all()) for value in model.parameters())


class _Linear:
    """KNOWN's yardstick: the next step by least squares from steps and last weight.

    Weights are divided by the RMS of their steps, so that no trial outweighs the rest.
    """

    def __init__(self, stages: int) -> None:
        self.gram_FF = torch.zeros(stages, stages, dtype=torch.float64)
        self.moment_F = torch.zeros(stages, dtype=torch.float64)

    def see(self, history_NS: Tensor, target_N: Tensor) -> None:
        features_NF, scale = self._features(history_NS)
        residual_N = (target_N - history_NS[:, -1]).double() / scale
        self.gram_FF += features_NF.T @ features_NF
        self.moment_F += features_NF.T @ residual_N

    def residual(self, history_NS: Tensor) -> Tensor:
        features_NF, scale = self._features(history_NS)
        # Steps can be multiples of each other, or none at all.
        ridge = 1e-9 * self.gram_FF.trace().clamp(min=1.0)
        ridge_FF = ridge * torch.eye(len(self.moment_F))
        coefficients_F = torch.linalg.solve(self.gram_FF + ridge_FF, self.moment_F)
        residual_N: Tensor = features_NF @ coefficients_F * scale
        return residual_N.to(history_NS.dtype)

    @staticmethod
    def _features(history_NS: Tensor) -> tuple[Tensor, Tensor]:
        history_NS = history_NS.double()
        steps_NF = history_NS.diff(dim=1)
        scale = steps_NF.square().mean().sqrt().clamp(min=1e-12)
        return torch.cat([steps_NF, history_NS[:, -1:]], 1) / scale, scale


def held_out_scores(
    model: Known, linear: _Linear, shards: Sequence[Path], kind: Kind
) -> dict[str, float | None]:
    """Median over held-out windows of |prediction - truth| / |theta_0 - truth|.

    Args:
        model: KNOWN.
        linear: the fitted yardstick.
        shards: meta-data that neither has seen.
        kind: which tensors.

    Returns:
        `known` and `linear` (1 is as good as copying theta_0; None where there is no
        window) and `windows`, their number.
    """
    errors: dict[str, list[float]] = {"known": [], "linear": []}
    for shard in shards:
        with open_shard(shard) as trials:
            for trial in trials:
                for history_NS, target_N in windows_of(
                    trial, kind, stages=model.stages
                ):
                    last_N = history_NS[:, -1]
                    copied = (last_N - target_N).norm().clamp(min=1e-12)
                    for name, predictor in (("known", model), ("linear", linear)):
                        missed_N = last_N + predictor.residual(history_NS) - target_N
                        errors[name].append(float(missed_N.norm() / copied))
    medians = {name: median(found) if found else None for name, found in errors.items()}
    return {**medians, "windows": len(errors["known"])}


def _draw(
    shard: Path, kind: Kind, settings: MetaTraining, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Weights of every window of a shard, at most so many of each."""
    drawn = [
        (torch.empty(0, settings.stages), torch.empty(0)),
        *_drawn_windows(shard, kind, settings, generator),
    ]
    return torch.cat([h for h, _ in drawn]), torch.cat([t for _, t in drawn])


def _drawn_windows(
    shard: Path, kind: Kind, settings: MetaTraining, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    with open_shard(shard) as trials:
        for trial in trials:
            for history_NS, target_N in windows_of(trial, kind, stages=settings.stages):
                yield sample(
                    history_NS,
                    target_N,
                    most=settings.weights_per_window,
                    generator=generator,
                )


def _steps(
    model: Known,
    optimizer: Adam,
    history_NS: Tensor,
    target_N: Tensor,
    settings: MetaTraining,
    generator: torch.Generator,
) -> Tensor:
    """One pass over a shard's weights; the sum of their absolute errors."""
    device = next(model.parameters()).device
    order_N = torch.randperm(len(target_N), generator=generator)
    missed = torch.zeros((), device=device)
    for chosen_B in torch.split(order_N, settings.batch_size):
        history_BS = history_NS[chosen_B].to(device)
        missing_B = target_N[chosen_B].to(device) - history_BS[:, -1]
        error = nn.functional.l1_loss(model(history_BS), missing_B)
        model.zero_grad(set_to_none=True)
        (error + model.regularisation()).backward()  # type: ignore[no-untyped-call]
        optimizer.step(settings.learning_rate)
        missed += len(chosen_B) * error.detach()
    return missed.cpu()


def _shuffled(shards: Sequence[Path], generator: torch.Generator) -> list[Path]:
    order = torch.randperm(len(shards), generator=generator).tolist()
    return [shards[index] for index in order]
