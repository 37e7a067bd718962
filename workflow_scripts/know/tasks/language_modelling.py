"""Language modelling of another text: the whole network goes on training.

All texts have the same characters, so the head is not replaced. Decision 35.
"""

from dataclasses import dataclass
from math import exp, log
from typing import Any

import torch
from torch import Tensor, nn

from know.architectures.network import Network
from know.data.arrays import ImageDataset
from know.errors import KnowError
from know.tasks.finetuning import Finetuning
from know.tasks.task import Curves, Task, put_splits
from know.training.evaluation import mean_loss
from know.training.settings import Precision

METRICS = ("word_perplexity", "bits_per_byte")
LOWER_IS_BETTER = True
OPTIONS: dict[str, Any] = {}


@dataclass(frozen=True)
class LanguageModelling(Task):
    """The next character of a text."""

    def starting_network(
        self, pretrained: Network, settings: Finetuning, *, seed: int
    ) -> Network:
        """The pre-trained network on the device, its head as it is."""
        return pretrained.to(self.train.device)

    def measure(self, network: nn.Module, *, precision: Precision) -> dict[str, float]:
        """`word_perplexity` and `bits_per_byte` of the test split.

        Source: the metrics of these names of the lm-evaluation-harness: the negative
        log-likelihood of all texts over their words, as a perplexity, and over their
        bytes, in bits. A word is what a space ends, so that a text which is cut within
        one counts as many as are whole.
        """
        nats = mean_loss(network, self.test, precision=precision)
        share_of_spaces = (self.test.labels_N == ord(" ")).double().mean()
        return {
            "word_perplexity": exp(nats / float(share_of_spaces)),
            "bits_per_byte": nats / log(2),
        }

    def conclude(
        self, network: nn.Module, curves: Curves, settings: Finetuning
    ) -> tuple[Curves, dict[str, Tensor]]:
        """Add nothing, and keep no samples."""
        return curves, {}


def load_task(dataset: ImageDataset, *, device: torch.device) -> LanguageModelling:
    """Copy a data set of texts to `device`, as `put_splits`.

    Raises:
        KnowError: if there are no texts, or no word of the test split ends.
    """
    splits = put_splits(dataset, "text", device=device)
    if not (dataset.test_labels == ord(" ")).any():
        raise KnowError(
            f"language modelling wants test texts with words, those of data set "
            f"{dataset.name!r} have no space"
        )
    return LanguageModelling(dataset.name, len(dataset.class_names), *splits)
