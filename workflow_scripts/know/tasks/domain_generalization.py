"""Domain generalisation: fine-tune on some domains, measure on one never seen."""

from dataclasses import dataclass

import torch
from torch import nn

from know.data.arrays import ImageDataset
from know.randomness import seed_for
from know.tasks.classification import Classification
from know.tasks.finetuning import Finetuning
from know.tasks.image_task import put_splits
from know.tasks.task import Outcome, curves_of
from know.training.engine import train
from know.training.evaluation import accuracy, predicted_classes
from know.training.images import Images
from know.training.progress import Progress
from know.weights.checkpoint import State

VALIDATION_SHARE = 0.1
"""Of the training domains' images, that only choose the epoch."""


@dataclass(frozen=True)
class DomainGeneralization(Classification):
    """Training images of all domains but one, test images of that one."""

    def finetune(
        self,
        state: State,
        settings: Finetuning,
        *,
        seed: int,
        calibration: Images | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Put a new head on `state` and fine-tune it, as `Task.finetune`.

        A tenth of the training domains' images, drawn class by class, is held out. Both
        rules of choosing an epoch are reported, of one training: the last, as the
        authors do, and the one that classifies those images best, the earliest of
        several. The unseen domain chooses nothing.

        Source: Gulrajani and Lopez-Paz (arXiv 2007.01434), training-domain validation.

        Returns:
            On the unseen domain, in percent points: `accuracy` after the last epoch,
            `accuracy_selected` after the best one so far; as samples the `classes`
            predicted after the last epoch, shape (N,).
        """
        split = self.with_validation(
            VALIDATION_SHARE, seed=seed_for(seed, "validation")
        )
        network = self.starting_network(
            state, settings, seed=seed, calibration=calibration
        )
        precision = settings.training.precision

        def measure(network: nn.Module) -> dict[str, float]:
            return {
                "accuracy": accuracy(network, self.test, precision=precision),
                "validation": accuracy(network, split.test, precision=precision),
            }

        result = train(
            network,
            split.train,
            settings.training,
            seed=seed_for(seed, "training"),
            evaluate=measure,
            evaluate_every=settings.evaluate_every,
            progress=progress,
        )
        curves = curves_of(result.curve)
        classes_N = predicted_classes(network, self.test, precision=precision)
        return Outcome(
            curves={
                "accuracy": curves["accuracy"],
                "accuracy_selected": selected(curves["accuracy"], curves["validation"]),
            },
            seconds=result.seconds,
            samples={"classes": classes_N.to(torch.int16).cpu()},
        )


def selected(values: list[float], chosen_by: list[float]) -> list[float]:
    """After each epoch, the value of the one that is best so far.

    Args:
        values: of each epoch.
        chosen_by: what the best epoch has most of; of several, the earliest is it.
    """
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
