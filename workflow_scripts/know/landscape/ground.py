"""What accuracy is measured on: a run's network and its test images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from know.architectures.network import Network
from know.data.arrays import ImageDataset
from know.forgetting.ladder import Ladder, Pretraining
from know.landscape.evaluation import accuracies
from know.training.images import Images
from know.weights.checkpoint import State


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A run's network and the test images that its weights are measured on."""

    run: str
    seed: int
    """Of the run's pre-training."""
    network: Network
    images: Images

    def accuracies(self, states: Sequence[State]) -> list[float]:
        """Accuracy of each state, in percent points."""
        return accuracies(self.network, self.images, states)


def prepare_ground(
    run: str,
    dataset: ImageDataset,
    device: torch.device,
    *,
    settings: Mapping[str, Any],
    images: int | None,
) -> Ground:
    """Build a run's network and copy its test images to the device.

    Args:
        run: id of the run.
        dataset: of the run's pre-training.
        device: where accuracy is measured.
        settings: of the run's pre-training, as a config has them. Inputs are centred by
            the mean of its D_0, whatever weights are measured.
        images: how many test images, the first ones; all of them where None.
    """
    pretraining = Pretraining.from_config(settings)
    ladder = Ladder(dataset, pretraining, device=device)
    return Ground(
        run=run,
        seed=pretraining.seed,
        network=ladder.network(),
        images=ladder.test if images is None else ladder.test.first(images),
    )
