"""Downstream image classification: the paper's two-phase fine-tuning.

Source: the authors' `3_`/`4_` scripts: norm layers and head first, then everything.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from know.data.arrays import ImageDataset
from know.tasks.finetuning import Finetuning
from know.tasks.task import Curves, Task, put_splits
from know.training.evaluation import accuracy, predicted_classes
from know.training.settings import Precision

METRICS = ("accuracy",)
OPTIONS: dict[str, Any] = {}


@dataclass(frozen=True)
class Classification(Task):
    """One class per image."""

    def measure(self, network: nn.Module, *, precision: Precision) -> dict[str, float]:
        """Accuracy on the test split."""
        return {"accuracy": accuracy(network, self.test, precision=precision)}

    def conclude(
        self, network: nn.Module, curves: Curves, settings: Finetuning
    ) -> tuple[Curves, dict[str, Tensor]]:
        """Add the predicted `classes` of the test images, int16 of shape (N,)."""
        classes_N = predicted_classes(
            network, self.test, precision=settings.training.precision
        )
        return curves, {"classes": classes_N.to(torch.int16).cpu()}


def load_task(dataset: ImageDataset, *, device: torch.device) -> Classification:
    """Copy a data set of classes to `device`, as `put_splits`."""
    splits = put_splits(dataset, "classes", device=device)
    return Classification(dataset.name, len(dataset.class_names), *splits)
