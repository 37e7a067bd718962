"""What every network offers: a body that a new task keeps, a head that it replaces."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

ImageSize = int | Sequence[int]
"""Side of square images, in pixels, or height and width."""


class BodyAndHead(nn.Module):
    """What trains in phases: norm layers and `head` first, then everything."""

    def __init__(self, body: nn.Module, head: nn.Module) -> None:
        """Put `head` behind `body`.

        Args:
            body: what a prediction holds the weights of, whatever the task.
            head: what a new task starts from random weights.
        """
        super().__init__()
        self.body = body
        self.head = head


class Network(BodyAndHead):
    """A body that ends in features, and the linear layer `head` that classifies."""

    def __init__(self, body: nn.Module, *, num_features: int, num_classes: int) -> None:
        """Put `head`, of `num_classes` outputs, behind `body`.

        Args:
            body: maps (batch, 3, height, width) to (batch, features).
            num_features: width of the body's output.
            num_classes: width of the head.
        """
        super().__init__(body, self.make_head(num_features, num_classes))
        self.num_features = num_features

    @staticmethod
    def make_head(num_features: int, num_classes: int) -> nn.Module:
        """A head with PyTorch's default initialisation, `num_classes` outputs wide."""
        return nn.Linear(num_features, num_classes)

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Logits of shape (batch, classes)."""
        logits: Tensor = self.head(self.body(images_BCHW))
        return logits

    def replace_head(self, num_classes: int, *, seed: int) -> None:
        """Put a new head with its own initialisation in the old one's place.

        Args:
            num_classes: width of the new head.
            seed: of its initialisation (PyTorch's default).
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.head = self.make_head(self.num_features, num_classes)
