"""Accuracy of many states of one network."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from know.training.evaluation import accuracy
from know.training.images import Images
from know.weights.checkpoint import State

# Shape suffixes: M states, N images, B batch of them, C, H, W as usual, K classes.


def accuracies(
    network: nn.Module, images: Images, states: Sequence[State]
) -> list[float]:
    """Accuracy of each state, in percent points, in float32.

    An accelerator takes all states in one computation, so that it does not wait for
    launches. A processor takes one after the other, twice as fast there
    (docs/benchmarks.md).

    Args:
        network: on the images' device; lends its modules, its weights are replaced.
        images: what accuracy is measured on.
        states: as many as an accelerator can hold with the activations of 500 images.
    """
    if images.device.type == "cpu":
        return one_by_one(network, images, states)
    return all_at_once(network, images, states)


def one_by_one(
    network: nn.Module, images: Images, states: Sequence[State]
) -> list[float]:
    """Accuracy of each state, loaded into the network in turn."""
    scores = []
    for state in states:
        network.load_state_dict(state)
        scores.append(accuracy(network, images))
    return scores


@torch.no_grad()
def all_at_once(
    network: nn.Module,
    images: Images,
    states: Sequence[State],
    *,
    batch_size: int = 500,
) -> list[float]:
    """Accuracy of each state, the states stacked along a new dimension.

    Args:
        network: as in `accuracies`.
        images: as in `accuracies`.
        states: as in `accuracies`.
        batch_size: images in one computation.
    """
    network.eval()
    stacked_M = {
        name: torch.stack([state[name] for state in states]).to(images.device)
        for name in states[0]
    }

    def predicted(state: State, inputs_BCHW: Tensor) -> Tensor:
        logits_BK: Tensor = functional_call(network, state, inputs_BCHW)
        return logits_BK.argmax(1)

    right_M = torch.zeros(len(states), dtype=torch.int64, device=images.device)
    for batch in images.in_order(batch_size):
        classes_MB = vmap(predicted, in_dims=(0, None))(stacked_M, batch.inputs_BCHW)
        right_M += (classes_MB == batch.labels_B).sum(1)
    return [100 * right / len(images) for right in right_M.tolist()]
