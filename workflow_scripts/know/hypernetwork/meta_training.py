"""Meta-training of hypernetworks on windows drawn from meta-data."""

import logging
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from know.checksum import verified_metadata
from know.errors import DivergedError, KnowError
from know.hypernetwork.base import Hypernetwork
from know.hypernetwork.draws import DrawnTensors, joined, read_draws
from know.hypernetwork.held_out import relative_errors
from know.hypernetwork.models import MODELS
from know.hypernetwork.roles import HeldOut, Role
from know.hypernetwork.windows import WindowBatch, Windows, windows_of
from know.preemption import leave_if_warned
from know.provenance import versions
from know.randomness import seed_for
from know.training.epochs import Position
from know.training.optimizers import Adam
from know.training.progress import Progress, grouped, ungrouped
from know.training.settings import Phase
from know.weights.kinds import Kind

log = logging.getLogger("know")


@dataclass(frozen=True, kw_only=True)
class MetaTraining:
    """Settings of one hypernetwork's training on one kind of tensor."""

    hypernetwork: str
    model: str
    """Architecture, a key of `MODELS`."""
    kind: Kind
    """Kind of tensor: conv, fc or bias."""
    stages: int
    """Window length S."""
    epochs: int
    """Passes over the windows of the training meta-runs."""
    batch_size: int
    """Weights per step."""
    learning_rate: float
    schedule: Literal["constant", "cosine"]
    weights_per_window: int
    """Weights drawn from each window in each pass, so that all tensors weigh the same
    whatever their size."""
    patience: int
    """Epochs without a lower error on the stopping meta-runs that end the training."""
    shards_in_memory: int
    """Shards whose windows are mixed; bounds the memory."""

    @property
    def phase(self) -> Phase:
        """The whole training as one phase, for the learning rate of an epoch."""
        return Phase(
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
        )


@dataclass(frozen=True, kw_only=True)
class _Sources:
    """Draws of all shards, and which of their meta-runs are for training."""

    draws: Sequence[Path]
    held_out: HeldOut
    settings: MetaTraining

    def windows(self, draws: Sequence[Path], role: Role, *, horizons: int) -> Windows:
        """Windows of some shards' meta-runs of one role."""
        parts = [self._tensors(path, role) for path in draws]
        return windows_of(joined(parts), stages=self.settings.stages, horizons=horizons)

    def _tensors(self, path: Path, role: Role) -> DrawnTensors:
        tensors = read_draws(path, self.settings.kind)
        return tensors.chosen([self.held_out.role(t) == role for t in tensors.trials])

    def one_pass(
        self, horizons: int, generator: torch.Generator
    ) -> Iterator[WindowBatch]:
        """All training batches, at least one, from group after group of shards."""
        order = torch.randperm(len(self.draws), generator=generator).tolist()
        size, found = self.settings.shards_in_memory, False
        for start in range(0, len(order), size):
            group = [self.draws[index] for index in order[start : start + size]]
            windows = self.windows(group, "training", horizons=horizons)
            for batch in self.batches(windows, generator):
                found = True
                yield batch
        if not found:
            raise KnowError(_no_windows(self, "training meta-runs"))

    def batches(
        self, windows: Windows, generator: torch.Generator
    ) -> Iterator[WindowBatch]:
        """Batches that hold each moving window once."""
        weights = self.settings.weights_per_window
        together = max(1, self.settings.batch_size // weights)
        # A tensor that did not move has no error relative to its movement.
        (moving_W,) = (windows.step_WH[:, 0] > 0).nonzero(as_tuple=True)
        order_W = moving_W[torch.randperm(len(moving_W), generator=generator)]
        for start in range(0, len(order_W), together):
            chosen_W = order_W[start : start + together]
            yield windows.draw(chosen_W, weights=weights, generator=generator)


def meta_train(
    draws: Sequence[Path],
    settings: MetaTraining,
    held_out: HeldOut,
    *,
    device: torch.device,
    progress: Progress | None = None,
) -> tuple[Hypernetwork, dict[str, Any]]:
    """Train a hypernetwork for one kind of tensor, holding a few shards in memory.

    A model that solves a part of its task in closed form (`fit`) does that first. The
    weights of the epoch with the lowest error on the stopping meta-runs are kept.

    Source: Eq. 6 (mean absolute error of the next weight), the authors' Adam and
    regularisers; batch size, length and schedule are not published. Decision 7.

    Args:
        draws: files of the weights drawn from every shard.
        settings: training settings.
        held_out: which meta-runs are not for training.
        device: where to train.
        progress: where finished steps are kept, if anywhere.

    Returns:
        The model, on the CPU, and its card: `curve` (mean loss of each epoch),
        `held_out_curve` (error on the stopping meta-runs after each epoch, 1 being that
        of copying), `start_error` (before the first), `best_epoch` (0: the start), and
        the meta-runs it learnt from, and how all of them forget.

    Raises:
        KnowError: if no meta-run for training, or none for stopping, has such tensors.
        DivergedError: if the loss is not finite.
    """
    sources = _Sources(draws=draws, held_out=held_out, settings=settings)
    names = ("meta-training", settings.hypernetwork, settings.model, settings.kind)
    seed = seed_for(*names)
    model = MODELS[settings.model](
        stages=settings.stages, generator=torch.Generator().manual_seed(seed)
    )
    horizons = model.horizons
    stopping = sources.windows(draws, "stopping", horizons=horizons)
    if not (stopping.step_WH > 0).any():
        raise KnowError(_no_windows(sources, "stopping meta-runs"))
    training = _Training(model.to(device), sources, stopping, seed, progress)
    card = training.run(device)
    model.load_state_dict(training.best)
    return model.cpu().eval(), {
        **card,
        **_origin(draws, held_out),
        "hypernetwork": settings.hypernetwork,
        "kind": settings.kind,
        "training": asdict(settings),
        "versions": versions(),
    }


def _origin(draws: Sequence[Path], held_out: HeldOut) -> dict[str, Any]:
    """Meta-runs per role, data sets and families of those for training, forgetting."""
    cards = [verified_metadata(path) for path in draws]
    trials = [trial for card in cards for trial in card["trials"]]
    roles = [held_out.role(trial) for trial in trials]
    used = [t for t, role in zip(trials, roles, strict=True) if role == "training"]
    diverged = sum(card["diverged"] for card in cards)
    return {
        "datasets": dict(Counter(trial["dataset"] for trial in used)),
        "families": dict(Counter(trial["family"] for trial in used)),
        "trials": dict(Counter(roles)),
        "forgetting": {**_forgetting(trials), "diverged": diverged},
    }


def _forgetting(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Count used and unused meta-runs; quartiles of the accuracy on D_0 by stage."""
    used = [trial["accuracies"] for trial in trials if not trial["unused"]]
    by_stage = [
        np.quantile([a for a in stage if a is not None], (0.25, 0.5, 0.75))
        for stage in zip_longest(*used)
    ]
    return {
        "used": len(used),
        "unused": dict(Counter(t["unused"] for t in trials if t["unused"])),
        "quartiles": [[round(float(a), 1) for a in stage] for stage in by_stage],
    }


def _no_windows(sources: _Sources, what: str) -> str:
    return (
        f"wanted windows of {sources.settings.stages + 1} stages of tensors of kind "
        f"{sources.settings.kind!r} from {what}, found none that moves in "
        f"{len(sources.draws)} shards"
    )


class _Training:
    """A model in training, and the best weights it has had."""

    def __init__(
        self,
        model: Hypernetwork,
        sources: _Sources,
        stopping: Windows,
        seed: int,
        progress: Progress | None,
    ) -> None:
        self.model, self.sources, self.stopping = model, sources, stopping
        self.seed, self.progress = seed, progress
        self.horizons = stopping.horizons
        self.curve: list[float] = []
        self.held_out_curve: list[float] = []
        self.best: dict[str, torch.Tensor] = {}
        self.position = Position()

    def run(self, device: torch.device) -> dict[str, Any]:
        settings = self.sources.settings
        optimizer = Adam(self.model)
        saved = self.progress.load() if self.progress else None
        if saved:
            optimizer = self._resume(*saved)
        else:
            # Solve what has a closed form, and measure the error before any epoch.
            generator = torch.Generator().manual_seed(seed_for(self.seed, "fit"))
            self.model.fit(self.sources.one_pass(self.horizons, generator))
            self._measure()
        for epoch in range(len(self.curve), settings.epochs):
            if epoch - self._best_epoch() >= settings.patience:
                break
            self.curve.append(self._epoch(epoch, optimizer, device))
            self._measure()
            self.position = Position()
            log.info(
                "epoch %d/%d loss %.4g, error on stopping meta-runs %.4f",
                epoch + 1,
                settings.epochs,
                self.curve[-1],
                self.held_out_curve[-1],
            )
            self._keep_if_due(optimizer)
        return {
            "best_epoch": self._best_epoch(),
            "curve": self.curve,
            "held_out_curve": self.held_out_curve[1:],
            "start_error": self.held_out_curve[0],
        }

    def _best_epoch(self) -> int:
        """Epochs trained when the error was lowest."""
        return min(range(len(self.held_out_curve)), key=self.held_out_curve.__getitem__)

    def _epoch(self, epoch: int, optimizer: Adam, device: torch.device) -> float:
        generator = torch.Generator().manual_seed(seed_for(self.seed, "epoch", epoch))
        learning_rate = self.sources.settings.phase.learning_rate_at(epoch)
        total = torch.tensor(float(self.position.loss), dtype=torch.float64)
        batches = self.sources.one_pass(self.horizons, generator)
        for steps, batch in enumerate(batches, start=1):
            # Drawn again, for the generator's sake, but learnt already.
            if steps <= self.position.steps:
                continue
            loss = self.model.loss(batch.to(device))
            self.model.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step(learning_rate)
            total += loss.detach().cpu()
            self.position = Position(steps, total)
            self._keep_if_due(optimizer)
            leave_if_warned()
        steps = self.position.steps
        if not math.isfinite(float(total)):
            raise DivergedError(
                f"{self.model.architecture} ({self.sources.settings.kind}) diverged "
                f"in epoch {epoch + 1}, the mean loss was {float(total) / steps}"
            )
        return float(total) / steps

    def _keep_if_due(self, optimizer: Adam) -> None:
        if self.progress and self.progress.is_due():
            tensors = grouped(
                best=self.best,
                model=self.model.state_dict(),
                optimizer_state=optimizer.optimizer_state,
            )
            facts = {"curve": self.curve, "held_out_curve": self.held_out_curve}
            position = {
                "steps": self.position.steps,
                "loss": float(self.position.loss),
            }
            self.progress.save(tensors, {**facts, **position})

    def _measure(self) -> None:
        self.held_out_curve.append(relative_errors(self.model, self.stopping))
        if self._best_epoch() == len(self.held_out_curve) - 1:
            self.best = {
                name: value.detach().cpu().clone()
                for name, value in self.model.state_dict().items()
            }

    def _resume(
        self, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]
    ) -> Adam:
        groups = ungrouped(tensors)
        self.best = groups["best"]
        self.curve, self.held_out_curve = facts["curve"], facts["held_out_curve"]
        self.model.load_state_dict(groups["model"])
        self.position = Position(facts["steps"], facts["loss"])
        log.info("resuming after epoch %d, %d steps", len(self.curve), facts["steps"])
        return Adam(self.model, optimizer_state=groups.get("optimizer_state"))
