"""Downstream segmentation: a class for each pixel, the same fine-tuning."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from know.data.arrays import IGNORE, ImageDataset
from know.errors import KnowError
from know.randomness import seed_for
from know.tasks.classification import Classification
from know.tasks.finetuning import Finetuning
from know.tasks.image_task import put_splits
from know.tasks.segmentation_metrics import confusion_matrix, segmentation_metrics
from know.tasks.task import Outcome, curves_of
from know.training.engine import train
from know.training.evaluation import predicted_batches, predicted_classes
from know.training.images import Images
from know.training.progress import Progress
from know.training.settings import Precision
from know.weights.checkpoint import State


@dataclass(frozen=True)
class Segmentation(Classification):
    """A class for each pixel."""

    def finetune(
        self,
        state: State,
        settings: Finetuning,
        *,
        seed: int,
        calibration: Images | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Put a new last layer on `state` and fine-tune it, as `Task.finetune`.

        The task's option `samples` is the number of test images whose masks are kept.

        Source: section 5.3 of Jang et al. (arXiv 2508.05059): cross-entropy, Adam,
        cosine decay; the numbers are the config's. Decision 22.

        Returns:
            Over the test split, in percent points: `miou` and `class_accuracy`, as
            `segmentation_metrics` has them; as samples the predicted `masks` of the
            first test images, uint8 of shape (samples, H, W).
        """
        network = self.starting_network(
            state, settings, seed=seed, calibration=calibration
        )
        precision = settings.training.precision

        def measure(network: nn.Module) -> dict[str, float]:
            scores = segmentation_metrics(self.confusion(network, precision=precision))
            return {name: scores[name] for name in ("miou", "class_accuracy")}

        result = train(
            network,
            self.train,
            settings.training,
            seed=seed_for(seed, "training"),
            evaluate=measure,
            evaluate_every=settings.evaluate_every,
            progress=progress,
        )
        shown = self.test.first(settings.task_options["samples"])
        masks_NHW = predicted_classes(network, shown, precision=precision)
        return Outcome(
            curves=curves_of(result.curve),
            seconds=result.seconds,
            samples={"masks": masks_NHW.to(torch.uint8).cpu()},
        )

    def confusion(self, network: nn.Module, *, precision: Precision) -> Tensor:
        """Pixels of the test split by true and predicted class, shape (K, K)."""
        shape = self.num_classes, self.num_classes
        counts_KK = torch.zeros(shape, dtype=torch.int64, device=self.test.device)
        for indices_B, masks_BHW in predicted_batches(
            network, self.test, precision=precision
        ):
            counts_KK += confusion_matrix(
                self.test.labels_N[indices_B], masks_BHW, num_classes=self.num_classes
            )
        return counts_KK


def load_task(dataset: ImageDataset, *, device: torch.device) -> Segmentation:
    """Copy a data set with masks to `device`, as `put_splits`.

    Raises:
        KnowError: if there are no masks, or no pixel of the test split counts.
    """
    splits = put_splits(dataset, "masks", device=device)
    if (dataset.test_labels == IGNORE).all():
        raise KnowError(
            "segmentation wants test masks with classes, all pixels of data set "
            f"{dataset.name!r} are to be ignored"
        )
    return Segmentation(dataset.name, len(dataset.class_names), *splits)
