"""Settings of a training run, as the config states them."""

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
