"""Downstream segmentation: one class per pixel, the same fine-tuning.

Source: section 5.3 of Jang et al. (arXiv 2508.05059): cross-entropy, Adam, cosine
decay; the numbers are the config's. Decision 22.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from know.data.arrays import IGNORE, ImageDataset
from know.errors import KnowError
from know.tasks.finetuning import Finetuning
from know.tasks.task import Curves, Task, put_splits
from know.training.evaluation import predicted_batches, predicted_classes
from know.training.settings import Precision

# Shape suffixes: K classes, B batch, H height, W width.

METRICS = ("miou", "class_accuracy")
OPTIONS = {
    "samples": {
        "type": "integer",
        "minimum": 1,
        "description": "test images whose masks are kept",
    }
}
REQUIRED_OPTIONS = ("samples",)


@dataclass(frozen=True)
class Segmentation(Task):
    """One class per pixel."""

    def measure(self, network: nn.Module, *, precision: Precision) -> dict[str, float]:
        """`miou` and `class_accuracy` of the test split, as `segmentation_metrics`."""
        return segmentation_metrics(self.confusion(network, precision=precision))

    def conclude(
        self, network: nn.Module, curves: Curves, settings: Finetuning
    ) -> tuple[Curves, dict[str, Tensor]]:
        """Add the `masks` of the first test images, uint8 of (samples, H, W)."""
        masks_NHW = predicted_classes(
            network,
            self.test.first(settings.task_options["samples"]),
            precision=settings.training.precision,
        )
        return curves, {"masks": masks_NHW.to(torch.uint8).cpu()}

    def confusion(self, network: nn.Module, *, precision: Precision) -> Tensor:
        """Pixels of the test split by true and predicted class, shape (K, K)."""
        shape = self.num_classes, self.num_classes
        counts_KK = torch.zeros(shape, dtype=torch.int64, device=self.test.device)
        for true_BHW, predicted_BHW in predicted_batches(
            network, self.test, precision=precision
        ):
            counts_KK += confusion_matrix(
                true_BHW, predicted_BHW, num_classes=self.num_classes
            )
        return counts_KK


def confusion_matrix(truth: Tensor, predicted: Tensor, *, num_classes: int) -> Tensor:
    """Count the pixels of each true class that were taken for each class.

    Args:
        truth: class of each pixel, any shape and integer type; a pixel of `IGNORE` does
            not count.
        predicted: the same shape, each value in [0, num_classes).
        num_classes: K.

    Returns:
        int64 of shape (K, K), on the masks' device: true class by predicted class.

    Raises:
        KnowError: if a true class lies outside [0, num_classes).
    """
    counts = truth != IGNORE
    pairs = truth[counts].long() * num_classes + predicted[counts].long()
    counts_KK = torch.bincount(pairs, minlength=num_classes**2)
    if len(counts_KK) > num_classes**2:
        raise KnowError(
            f"masks of {num_classes} classes hold the class "
            f"{(len(counts_KK) - 1) // num_classes}"
        )
    return counts_KK.reshape(num_classes, num_classes)


def segmentation_metrics(counts_KK: Tensor) -> dict[str, float]:
    """Scores of a split, in percent points.

    - `miou`: mean over classes of the intersection over the union of true and predicted
      pixels. A class that neither occurs nor is predicted is left out; one that is
      predicted but does not occur has 0.
    - `class_accuracy`: mean over the classes that occur of the share of their pixels
      that were found.

    The counts of a split are summed before anything is divided, as Pascal VOC and
    Cityscapes do: a mean over images would weigh pixels by what else is on their image.

    Args:
        counts_KK: sum of the split's matrices by `confusion_matrix`; some pixel counts.
    """
    right_K = counts_KK.diag().double()
    true_K, predicted_K = counts_KK.sum(1), counts_KK.sum(0)
    union_K = true_K + predicted_K - counts_KK.diag()
    is_seen_K, is_true_K = union_K > 0, true_K > 0
    scores = {
        "miou": (right_K / union_K)[is_seen_K].mean(),
        "class_accuracy": (right_K / true_K)[is_true_K].mean(),
    }
    return {name: 100 * float(score) for name, score in scores.items()}


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
