"""What downstream tasks on images share: two splits on the device."""

from dataclasses import dataclass, replace
from typing import Self

import torch

from know.architectures.network import ImageSize
from know.data.arrays import ImageDataset, Target
from know.data.subsets import nested_order
from know.errors import KnowError
from know.training.images import Images, put_images


@dataclass(frozen=True)
class ImageTask:
    """A downstream data set on the device, split into what trains and what measures."""

    name: str
    num_classes: int
    train: Images
    test: Images

    @property
    def image_size(self) -> ImageSize:
        """Side of the images, in pixels; height and width where they differ."""
        return self.train.image_size

    def with_validation(self, share: float, *, seed: int) -> Self:
        """The same task measured on a share of its training images, held out.

        Args:
            share: of the training images, in (0, 1); drawn class by class where an
                image has one.
            seed: of the draw.
        """
        labels_N = self.train.labels_N.cpu().numpy()
        order_N = torch.from_numpy(
            nested_order(labels_N, seed=seed, stratified=labels_N.ndim == 1)
        ).to(self.train.device)
        held_out = max(1, round(share * len(labels_N)))
        return replace(
            self,
            train=self.train.part(order_N[held_out:]),
            test=self.train.part(order_N[:held_out]),
        )


def put_splits(
    dataset: ImageDataset, target: Target, *, device: torch.device
) -> tuple[Images, Images]:
    """Copy the training and the test split to `device`.

    Args:
        dataset: of the task.
        target: what its labels are to be.
        device: where trials run.

    Returns:
        Both splits, centred by the data set's own training mean.

    Raises:
        KnowError: if the labels are something else.
    """
    if dataset.target != target:
        raise KnowError(
            f"the task wants {target}, the labels of data set {dataset.name!r} are "
            f"{dataset.target}"
        )
    train = put_images(dataset.train_images, dataset.train_labels, device=device)
    test = put_images(
        dataset.test_images,
        dataset.test_labels,
        device=device,
        mean_CHW=train.mean_CHW,
    )
    return train, test
