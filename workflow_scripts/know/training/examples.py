"""What the training loop asks of its data."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from know.data.augmentation import Augmentation

# Shape suffixes: B batch, D draws an augmentation takes.


class Examples(Protocol):
    """A training split: inputs with their targets, and the loss that compares them."""

    @property
    def device(self) -> torch.device:
        """Where a batch is computed."""
        ...

    def __len__(self) -> int:
        """Number of examples."""
        ...

    def num_draws(self, augmentation: Augmentation) -> int:
        """Random numbers that one example needs in an epoch."""
        ...

    def expect(self, batches: Sequence[Tensor]) -> None:
        """Hear what `loss` will be asked for next, to read ahead where that helps.

        Args:
            batches: the very tensors that will come as `indices_B`, in their order.
        """
        ...

    def loss(
        self,
        network: nn.Module,
        indices_B: Tensor,
        draws_BD: Tensor,
        augmentation: Augmentation,
    ) -> Tensor:
        """Mean loss of a batch, a scalar with gradients.

        Args:
            network: on `device`, in training mode.
            indices_B: which examples.
            draws_BD: uniform in [0, 1), shape (batch, num_draws).
            augmentation: what to do to the inputs.
        """
        ...
