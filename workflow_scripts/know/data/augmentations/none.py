"""Images as they are."""

from torch import Tensor

from know.data.augmentation import Augmentation


def keep(images_or_masks: Tensor, draws_BD: Tensor) -> Tensor:
    """Leave the images or masks as they are."""
    return images_or_masks


AUGMENTATION = Augmentation(0, keep, keep)
