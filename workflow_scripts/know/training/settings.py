"""Settings of a training run, as the config states them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Trainable = Literal["everything", "norm-and-head"]
Schedule = Literal["constant", "cosine", "step"]
Optimizer = Literal["adam", "sgd"]
Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Consecutive epochs under one learning-rate schedule."""

    epochs: int
    learning_rate: float
    """Peak learning rate."""
    schedule: Schedule
    trainable: Trainable = "everything"

    def learning_rate_at(self, epoch: int) -> float:
        """Learning rate of an epoch in [0, epochs), counted within the phase.

        Source: `cosine` is the authors' fine-tuning, peak / 2 * (1 + cos(pi * e /
        epochs)); `step` is their pre-training, which divides by 10 after 40 % and again
        after 80 % of the epochs (80 and 160 of 200), although the paper mentions a
        cosine. Decision 4.
        """
        done = epoch / self.epochs
        if self.schedule == "cosine":
            return self.learning_rate * (1 + math.cos(math.pi * done)) / 2
        if self.schedule == "step":
            return self.learning_rate * 10.0 ** -((done >= 0.4) + (done >= 0.8))
        return self.learning_rate


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Settings of the training loop."""

    phases: tuple[Phase, ...]
    batch_size: int
    """Examples per step, over all processes and micro-batches."""
    accumulate: int = 1
    """Micro-batches per step and process, to save memory."""
    augmentation: str
    """Key of `AUGMENTATIONS`."""
    precision: Precision = "auto"
    """`auto`: bfloat16 autocast on CUDA, float32 on the CPU."""
    optimizer: Optimizer = "adam"
    """The authors' Adam; `sgd` has a momentum of 0.9. Meta-data draws both."""
    weight_decay: float = 0.0
    """Decoupled (AdamW) for `adam`, an L2 penalty's gradient for `sgd`."""

    @classmethod
    def from_config(
        cls, phases: Sequence[Mapping[str, Any]], **settings: Any
    ) -> "TrainingSettings":
        """Settings from the plain values of a config."""
        return cls(phases=tuple(Phase(**phase) for phase in phases), **settings)
