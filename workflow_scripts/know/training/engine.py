"""The training loop that every task shares."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from know.architectures.network import BodyAndHead
from know.errors import DivergedError
from know.preemption import Preempted, leave_if_warned
from know.randomness import seed_for
from know.training.averages import WeightAverages
from know.training.epochs import Position, run_epoch
from know.training.images import Images
from know.training.optimizers import OPTIMIZERS
from know.training.processes import process_number
from know.training.progress import Progress, grouped, ungrouped
from know.training.settings import Phase, TrainingSettings
from know.weights.checkpoint import State
from know.weights.kinds import tensor_kinds

log = logging.getLogger("know")


@dataclass(frozen=True)
class TrainingResult:
    """Outcome of a training, apart from the network's new weights."""

    optimizer_state: State
    """The optimizer's state by parameter, for a training that continues from here."""
    curve: list[dict[str, float]]
    """Results of `evaluate` after each measured epoch, by metric."""
    seconds: float


def train(
    network: BodyAndHead,
    images: Images,
    settings: TrainingSettings,
    *,
    seed: int,
    optimizer_state: Mapping[str, Tensor] | None = None,
    evaluate: Callable[[nn.Module], Mapping[str, float]] | None = None,
    evaluate_every: int = 1,
    progress: Progress | None = None,
    averages: WeightAverages | None = None,
) -> TrainingResult:
    """Train `network` in place, phase after phase, with one optimizer.

    Random draws depend only on the seed and the epoch's number, so a training that
    resumes after a kill, even within an epoch, ends with the same bytes as one that was
    not interrupted. Once the job is warned (`know.preemption`), it stops after the step
    or the measured batch that it is at, and all that it has done is kept. Processes
    that `run_together` started share each batch; all end with the same weights, and
    process 0 measures and keeps progress.

    Source: the authors' scripts: Adam (0.9, 0.999, 1e-8), batches drawn without
    replacement, the remainder of an epoch dropped, the optimizer state kept between
    phases. SGD and weight decay are for meta-data (Decision 5).

    Args:
        network: network on the images' device.
        images: the training split.
        settings: phases, batch size, augmentation, precision, optimizer.
        seed: seed of order and augmentation.
        optimizer_state: state to continue with, from an earlier `TrainingResult`.
        evaluate: measures the network, such as its accuracy on a test split; values
            by metric.
        evaluate_every: epochs between two measurements; the last is always measured.
        progress: where finished steps are kept, if anywhere.
        averages: averages of `network` that take in its weights on the way.

    Returns:
        The optimizer state, the curve that process 0 measured and the wall time in
        seconds, including the time before a resumption.

    Raises:
        DivergedError: if the loss becomes NaN or infinite, with the epoch.
        Preempted: if the job is warned.
    """
    course = _Course(network, settings, optimizer_state, averages)
    if progress:
        course.resume(progress)
    is_first = process_number() == 0
    epochs = [(p, e) for p in settings.phases for e in range(p.epochs)]
    for phase, epoch in epochs[course.epochs :]:
        begun = time.monotonic()
        _freeze(network, phase)
        learning_rate = phase.learning_rate_at(epoch)
        loss, seen = run_epoch(
            network,
            images,
            settings,
            partial(course.optimizer.step, learning_rate),
            seed=seed_for(seed, "epoch", course.epochs),
            start=course.position,
            after_step=partial(course.step_done, progress if is_first else None),
        )
        number = course.epochs + 1
        if not math.isfinite(loss):
            raise DivergedError(
                f"the loss became {loss} in epoch {number} of {len(epochs)}, at "
                f"learning rate {learning_rate:.2g}"
            )
        is_last = number == len(epochs)
        is_measured = is_last or number % evaluate_every == 0
        if evaluate and is_measured and is_first:
            try:
                course.curve.append(dict(evaluate(network)))
            except Preempted:
                if progress:
                    course.keep(progress)
                raise
        if averages:
            averages.epoch_done(network, number)
        course.epochs, course.position = number, Position()
        log.info(
            "epoch %d/%d loss %.4f, %.0f images/s, %.0f s left",
            course.epochs,
            len(epochs),
            loss,
            seen / (time.monotonic() - begun),
            course.seconds / course.epochs * (len(epochs) - course.epochs),
        )
        if progress and is_first and (is_last or progress.is_due()):
            course.keep(progress)
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    return TrainingResult(
        course.optimizer.optimizer_state, course.curve, course.seconds
    )


class _Course:
    """How far a training has come; keeps it and resumes it."""

    def __init__(
        self,
        network: BodyAndHead,
        settings: TrainingSettings,
        optimizer_state: Mapping[str, Tensor] | None,
        averages: WeightAverages | None,
    ) -> None:
        self.network = network
        self.averages = averages
        self.make_optimizer = partial(
            OPTIMIZERS[settings.optimizer], network, weight_decay=settings.weight_decay
        )
        self.optimizer = self.make_optimizer(optimizer_state=optimizer_state)
        self.epochs = 0
        """Number of finished epochs."""
        self.position = Position()
        """Position in the next epoch."""
        self.curve: list[dict[str, float]] = []
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Duration of the training, including the time before a resumption."""
        return time.monotonic() - self._started

    def resume(self, progress: Progress) -> None:
        """Continue where an earlier training of the same purpose stopped."""
        saved = progress.load()
        if saved is None:
            return
        tensors, facts = saved
        groups = ungrouped(tensors)
        self.network.load_state_dict(groups["network"])
        self.optimizer = self.make_optimizer(
            optimizer_state=groups.get("optimizer_state")
        )
        if self.averages:
            self.averages.load(groups["averages"])
        self.epochs, self.curve = facts["epochs"], facts["curve"]
        self.position = Position(facts["steps"], facts["loss"])
        self._started -= facts["seconds"]
        steps = f" and {self.position.steps} steps" if self.position.steps else ""
        log.info("resuming after epoch %d%s", self.epochs, steps)

    def step_done(
        self, progress: Progress | None, steps: int, total_loss: Tensor
    ) -> None:
        """Average the weights, keep progress if it is due, and leave if warned."""
        if self.averages:
            self.averages.step_done(self.network)
        self.position = Position(steps, total_loss)
        if progress and progress.is_due():
            self.keep(progress)
        leave_if_warned()

    def keep(self, progress: Progress) -> None:
        """Write everything that a resumption needs."""
        progress.save(
            grouped(
                network=self.network.state_dict(),
                optimizer_state=self.optimizer.optimizer_state,
                averages=self.averages.state if self.averages else {},
            ),
            {
                "curve": self.curve,
                "epochs": self.epochs,
                "steps": self.position.steps,
                "loss": float(self.position.loss),
                "seconds": self.seconds,
            },
        )


def _freeze(network: BodyAndHead, phase: Phase) -> None:
    """Require gradients only of what the phase trains."""
    kinds = tensor_kinds(network.state_dict())
    for name, parameter in network.named_parameters():
        is_norm_or_head = kinds[name] == "norm" or name.startswith("head.")
        parameter.requires_grad_(phase.trainable == "everything" or is_norm_or_head)
