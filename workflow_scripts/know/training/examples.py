"""The interface between the training loop and its data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from know.data.augmentation import Augmentation

# Shape suffixes: B batch, C channels, H height, W width, D draws an augmentation takes.


@dataclass(frozen=True)
class Batch:
    """Examples that are computed together."""

    inputs_BCHW: Tensor
    """Network inputs."""
    labels_B: Tensor
    """Their labels, as in `ImageDataset`."""

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.labels_B)


class Examples(Protocol):
    """A training split: inputs with their targets, and the loss that compares them."""

    @property
    def device(self) -> torch.device:
        """Device of the batches."""
        ...

    def __len__(self) -> int:
        """Return the number of examples."""
        ...

    def num_draws(self, augmentation: Augmentation) -> int:
        """Return how many random numbers one example needs in an epoch."""
        ...

    def batches(self, chosen: Sequence[Tensor]) -> Iterator[Batch]:
        """Yield the batches with these indices, reading ahead where that helps."""
        ...

    def loss(
        self,
        network: nn.Module,
        batch: Batch,
        draws_BD: Tensor,
        augmentation: Augmentation,
    ) -> Tensor:
        """Mean loss of a batch, a scalar with gradients.

        Args:
            network: on `device`, in training mode.
            batch: one that `batches` yielded.
            draws_BD: uniform in [0, 1), shape (batch, num_draws).
            augmentation: random change of the inputs.
        """
        ...
