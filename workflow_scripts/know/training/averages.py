"""Averages of a network's weights over its own training.

Source: `torch.optim.swa_utils`; Izmailov et al. (arXiv 1803.05407) for the equal
average and for measuring norm layers anew. Decision 31.
"""

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from know.training.images import Images
from know.training.norms import recalibrate_norms
from know.training.progress import ungrouped
from know.weights.checkpoint import State

DECAY = 0.999
"""Share of the exponential moving average that a step keeps, once it is warm."""
LAST_SHARE = 0.25
"""Share of the epochs, the last ones, whose ends the equal average is made of."""

Tensors = tuple[Tensor, ...] | list[Tensor]


class WeightAverages:
    """An exponential moving average (`ema`) and an equal one (`swa`) of a training."""

    def __init__(self, network: nn.Module, *, epochs: int) -> None:
        """Prepare to average `network`, which trains for `epochs` in all."""
        self._models = {
            "ema": AveragedModel(network, multi_avg_fn=_move_towards),
            "swa": AveragedModel(network),
        }
        self._first = epochs - math.ceil(LAST_SHARE * epochs) + 1

    def step_done(self, network: nn.Module) -> None:
        """Take in the weights after a step."""
        self._models["ema"].update_parameters(network)

    def epoch_done(self, network: nn.Module, epoch: int) -> None:
        """Take in the weights after an epoch, counted from 1."""
        if epoch >= self._first:
            self._models["swa"].update_parameters(network)

    @property
    def state(self) -> State:
        """Everything that a resumption needs."""
        return {
            f"{name}/{key}": value
            for name, model in self._models.items()
            for key, value in model.state_dict().items()
        }

    def load(self, state: State) -> None:
        """Continue from a `state`."""
        for name, tensors in ungrouped(state).items():
            self._models[name].load_state_dict(tensors)

    def networks(
        self, images: Images
    ) -> Iterator[tuple[str, nn.Module, dict[str, Any]]]:
        """Measure the norm layers of each average on `images`, and yield it.

        The statistics of the weights on the way are not those of their average.

        Args:
            images: D_0, on the network's device.

        Yields:
            `ema` or `swa`, the averaged network, and facts about the average.
        """
        facts: dict[str, dict[str, Any]]
        facts = {"ema": {"decay": DECAY}, "swa": {"first_epoch": self._first}}
        for name, model in self._models.items():
            recalibrate_norms(model.module, images)
            yield name, model.module, {"average": name, **facts[name]}


@torch.no_grad()
def _move_towards(averages: Tensors, weights: Tensors, number: Tensor | int) -> None:
    """Move averages of `number` steps' weights towards those of the next, in place."""
    torch._foreach_lerp_(averages, weights, 1 - decay_at(int(number)))


def decay_at(number: int) -> float:
    """Share that an average of `number` weights keeps when the next ones come.

    Source: TensorFlow's `ExponentialMovingAverage` with `num_updates`. At 0.999 from
    the start, a training of 2,000 steps would keep 14 % of its initialisation.
    """
    return min(DECAY, (1 + number) / (10 + number))
