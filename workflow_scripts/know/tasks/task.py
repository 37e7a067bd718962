"""What every type of downstream task offers."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

import torch
from torch import Tensor

from know.architectures.network import ImageSize
from know.data.arrays import ImageDataset
from know.tasks import module_of
from know.training.progress import Progress
from know.weights.checkpoint import State

if TYPE_CHECKING:
    from know.tasks.finetuning import Finetuning
    from know.training.images import Images


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one fine-tuning measured."""

    curves: Mapping[str, list[float]]
    """By metric, its value after each epoch that was measured; the first metric is the
    one that learning rates are chosen by."""
    seconds: float
    """Wall time of the training."""
    samples: Mapping[str, Tensor] = field(default_factory=dict)
    """What the network makes of test images, such as the class of each."""

    @property
    def value(self) -> float:
        """The first metric after the last epoch."""
        return next(iter(self.curves.values()))[-1]


def curves_of(measured: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    """One curve a metric, from the metrics of each measured epoch."""
    return {metric: [each[metric] for each in measured] for metric in measured[0]}


class Task(Protocol):
    """A downstream data set on the device, and how weights are fine-tuned on it."""

    @property
    def image_size(self) -> ImageSize:
        """Side of the images, in pixels; height and width where they differ."""
        ...

    def finetune(
        self,
        state: State,
        settings: "Finetuning",
        *,
        seed: int,
        calibration: "Images | None" = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Put what the task needs on `state` and fine-tune it.

        Args:
            state: weights of a pre-trained network, left as they are.
            settings: of the fine-tuning.
            seed: of whatever is new in the network, and of order and augmentation.
            calibration: D_0, which `norm_layers: recalibrate` measures on.
            progress: where finished epochs are kept.
        """
        ...

    def with_validation(self, share: float, *, seed: int) -> Self:
        """The same task measured on a share of its training images, held out.

        Args:
            share: of the training images, in (0, 1).
            seed: of the draw.
        """
        ...


def load_task(task_type: str, dataset: ImageDataset, *, device: torch.device) -> Task:
    """A task of the named type on `dataset`, copied to `device`."""
    task: Task = importlib.import_module(module_of(task_type)).load_task(
        dataset, device=device
    )
    return task
