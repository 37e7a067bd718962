"""The network and the test images on which accuracy is measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from know.architectures.network import Network
from know.forgetting.ladder import Ladder
from know.training.evaluation import accuracy
from know.training.images import Images
from know.weights.checkpoint import State


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A run's network and the test images that its weights are measured on."""

    run: str
    seed: int
    """Seed of the run's pre-training."""
    network: Network
    images: Images

    def accuracy(self, state: State) -> float:
        """Accuracy of some weights of the network, in percent points."""
        self.network.load_state_dict(state)
        return accuracy(self.network, self.images)


def prepare_ground(
    run: str,
    dataset: Path,
    device: torch.device,
    *,
    settings: Mapping[str, Any],
    images: int | None,
) -> Ground:
    """Build a run's network and copy its test images to the device.

    Args:
        run: id of the run.
        dataset: file of the run's pre-training data set.
        device: where accuracy is measured.
        settings: the run's pre-training, as a config states it. Inputs are centred by
            the mean of its D_0, whatever weights are measured.
        images: number of test images, the first ones; None for all.
    """
    ladder = Ladder.read(dataset, settings, device=device)
    return Ground(
        run=run,
        seed=ladder.settings.seed,
        network=ladder.network(),
        images=ladder.test if images is None else ladder.test.first(images),
    )
