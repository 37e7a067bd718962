"""What every hyper-model's network offers besides its own way to predict."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from torch import Tensor, nn

from know.hypernetwork.tensor_facts import TensorFacts
from know.hypernetwork.windows import WindowBatch

# Shape suffixes: B weights, as many of each tensor and one tensor after the other, S
# stages (oldest knowledge first), H horizons.


class HyperModel(nn.Module, ABC):
    """A network from a weight's history to its next values.

    Its class is called with what `settings` gives, and with `generator`, a source of
    its first weights on the CPU; None for one seeded with 0.
    """

    architecture: ClassVar[str]
    """Its name in `MODELS`, in its file's card and at the head of its file's name."""
    stages: int
    """S, how many values of each weight it sees."""
    horizons: int = 1
    """H, how many stages ahead `ahead` reaches; what lies beyond is iterated."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """JSON-ready keyword arguments of its class that build an equal network."""

    @abstractmethod
    def ahead(self, history_BS: Tensor, facts: TensorFacts) -> Tensor:
        """What to add to the newest stage, (B, H), differentiable.

        Args:
            history_BS: values of each weight.
            facts: of the tensors that the weights are from.
        """

    @abstractmethod
    def loss(self, batch: WindowBatch) -> Tensor:
        """What its training lowers."""

    def fit(self, batches: Iterable[WindowBatch]) -> None:
        """Solve in closed form what can be, before any step of the training."""
        del batches
