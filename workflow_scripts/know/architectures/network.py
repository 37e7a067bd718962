"""A network is a body, which a new task keeps, and a head, which it replaces."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

ImageSize = int | Sequence[int]
"""Side of square images in pixels, or height and width."""


class BodyAndHead(nn.Module):
    """A body whose weights are predicted, and a head that starts random."""

    def __init__(self, body: nn.Module, head: nn.Module) -> None:
        """Put `head` behind `body`."""
        super().__init__()
        self.body = body
        self.head = head


class Network(BodyAndHead):
    """A body that ends in features (batch, features), and a linear head on them."""

    def __init__(self, body: nn.Module, *, num_features: int, num_classes: int) -> None:
        """Put a head of `num_classes` outputs behind a body of `num_features`."""
        super().__init__(body, self.make_head(num_features, num_classes))
        self.num_features = num_features

    @staticmethod
    def make_head(num_features: int, num_classes: int) -> nn.Module:
        """Make a head with PyTorch's default initialisation."""
        return nn.Linear(num_features, num_classes)

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Return logits of shape (batch, classes)."""
        logits: Tensor = self.head(self.body(images_BCHW))
        return logits

    def replace_head(self, num_classes: int, *, seed: int) -> None:
        """Put a new head of `num_classes` outputs, drawn from `seed`, in its place."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.head = self.make_head(self.num_features, num_classes)
