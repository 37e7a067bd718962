"""Stages recorded by other libraries' trainers, a callback for each."""

from collections.abc import Callable, Sized
from typing import Any

import torch
from torch import nn

from know.errors import KnowError
from know.store.recorder import Recorder

Evaluate = Callable[[nn.Module], float]
"""Gives the accuracy of a network on all data, in percent."""


def record_stage(
    record: Recorder,
    trained: nn.Module,
    data: Sized,
    *,
    accuracy: Evaluate | None,
    **facts: Any,
) -> None:
    """Record the network of `record` after a training, as the next stage.

    Args:
        record: an open recorder, of `trained` or a part of it.
        trained: network that the trainer has trained.
        data: data that it was trained on.
        accuracy: called with the recorded network, whose modes are left as they were.
        facts: other arguments of `record`.

    Raises:
        KnowError: if `record` is of another network, or refuses the stage.
    """
    if not set(record.network.parameters()) <= set(trained.parameters()):
        raise KnowError(
            "wanted the network that is trained, or a part of it, in the recorder; "
            "found another one there"
        )
    modes = {module: module.training for module in record.network.modules()}
    with torch.no_grad():
        percent = accuracy(record.network) if accuracy else None
    for module, mode in modes.items():
        module.training = mode
    record(samples=len(data), accuracy=percent, **facts)
