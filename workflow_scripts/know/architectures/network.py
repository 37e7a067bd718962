"""What every network of the registry offers: a body and a linear head."""

import torch
from torch import Tensor, nn


class Network(nn.Module):
    """A body that ends in features, and the linear layer `head` that classifies."""

    def __init__(self, body: nn.Module, *, num_features: int, num_classes: int):
        """Put `head`, of `num_classes` outputs, behind `body`.

        Args:
            body: maps (batch, 3, height, width) to (batch, features).
            num_features: width of the body's output.
            num_classes: width of the head.
        """
        super().__init__()
        self.body = body
        self.head = nn.Linear(num_features, num_classes)

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Logits of shape (batch, classes)."""
        logits: Tensor = self.head(self.body(images_BCHW))
        return logits

    def replace_head(self, num_classes: int, *, seed: int) -> None:
        """Put a new head with its own initialisation in the old one's place.

        Args:
            num_classes: width of the new head.
            seed: of its initialisation (PyTorch's default for a linear layer).
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.head = nn.Linear(self.head.in_features, num_classes)
