"""Domain generalisation: fine-tune on some domains, measure on one never seen.

Source: Gulrajani and Lopez-Paz (arXiv 2007.01434), training-domain validation.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor, nn

from know.data.arrays import ImageDataset
from know.randomness import seed_for
from know.tasks.classification import Classification
from know.tasks.finetuning import Finetuning
from know.tasks.task import Curves, put_splits
from know.training.evaluation import accuracy
from know.training.images import Images
from know.training.settings import Precision

METRICS = ("accuracy", "accuracy_selected")
OPTIONS: dict[str, Any] = {}

VALIDATION_SHARE = 0.1
"""Share of the training domains' images that only chooses the epoch."""


@dataclass(frozen=True)
class DomainGeneralization(Classification):
    """Training images of all domains but one, test images of that one.

    Both rules of choosing an epoch are reported, of one training: `accuracy` on the
    unseen domain after the last epoch, as the authors do, and `accuracy_selected` after
    the one that classifies the validation images best. The unseen domain chooses
    nothing.
    """

    validation: Images | None = None
    """Images of the training domains that are held out of a trial."""

    def for_trial(self, seed: int) -> Self:
        """Hold a tenth of the training images out, drawn class by class."""
        split = self.with_validation(
            VALIDATION_SHARE, seed=seed_for(seed, "validation")
        )
        return replace(self, train=split.train, validation=split.test)

    def measure(self, network: nn.Module, *, precision: Precision) -> dict[str, float]:
        """Accuracies on the unseen domain and on the validation images."""
        assert self.validation is not None, "`for_trial` holds images out"
        return {
            "accuracy": accuracy(network, self.test, precision=precision),
            "validation": accuracy(network, self.validation, precision=precision),
        }

    def conclude(
        self, network: nn.Module, curves: Curves, settings: Finetuning
    ) -> tuple[Curves, dict[str, Tensor]]:
        """Let the validation images choose epochs; samples as of `Classification`."""
        values = curves["accuracy"]
        chosen = {
            "accuracy": values,
            "accuracy_selected": selected(values, curves["validation"]),
        }
        return super().conclude(network, chosen, settings)


def selected(values: list[float], chosen_by: list[float]) -> list[float]:
    """After each epoch, the value of the best so far, or of the first of equals."""
    best = 0
    curve = []
    for epoch, score in enumerate(chosen_by):
        best = epoch if score > chosen_by[best] else best
        curve.append(values[best])
    return curve


def load_task(dataset: ImageDataset, *, device: torch.device) -> DomainGeneralization:
    """Copy a data set with an unseen domain as its test split, as `put_splits`."""
    splits = put_splits(dataset, "classes", device=device)
    return DomainGeneralization(dataset.name, len(dataset.class_names), *splits)
