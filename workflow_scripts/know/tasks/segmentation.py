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
from know.tasks.segmentation_metrics import confusion_matrix, segmentation_metrics
from know.tasks.task import Curves, Task, put_splits
from know.training.evaluation import predicted_batches, predicted_classes
from know.training.settings import Precision

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
        scores = segmentation_metrics(self.confusion(network, precision=precision))
        return {name: scores[name] for name in METRICS}

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
