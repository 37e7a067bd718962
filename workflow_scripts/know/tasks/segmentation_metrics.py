"""Agreement of predicted masks with true ones, from one matrix of counts.

The counts of a split are summed before anything is divided, as Pascal VOC and
Cityscapes do: a mean over images would weigh pixels by what else is on their image.
"""

import torch
from torch import Tensor

from know.data.arrays import IGNORE
from know.errors import KnowError

# Shape suffixes: K classes.


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
    - `pixel_accuracy`: share of all pixels that were classified correctly.

    Args:
        counts_KK: sum of the split's matrices by `confusion_matrix`.

    Raises:
        KnowError: if no pixel counts. A NaN would be found only when all trials are in.
    """
    right_K = counts_KK.diag().double()
    true_K, predicted_K = counts_KK.sum(1), counts_KK.sum(0)
    if not true_K.any():
        raise KnowError("the masks have no pixel that counts: all are to be ignored")
    union_K = true_K + predicted_K - counts_KK.diag()
    is_seen_K, is_true_K = union_K > 0, true_K > 0
    scores = {
        "miou": (right_K / union_K)[is_seen_K].mean(),
        "class_accuracy": (right_K / true_K)[is_true_K].mean(),
        "pixel_accuracy": right_K.sum() / true_K.sum(),
    }
    return {name: 100 * float(score) for name, score in scores.items()}
