"""Registry of networks: a name and its constructor."""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from know.architectures.network import Network
from know.architectures.resnet import resnet18, resnet_small
from know.architectures.simplenet import simplenet
from know.errors import KnowError

ARCHITECTURES: dict[str, Callable[..., Network]] = {
    "simplenet": simplenet,
    "resnet-small": resnet_small,
    "resnet18": resnet18,
}


def build_network(
    name: str,
    *,
    num_classes: int,
    image_size: int,
    seed: int,
    options: Mapping[str, Any] | None = None,
) -> Network:
    """A freshly initialised network of the registry.

    Args:
        name: key of `ARCHITECTURES`.
        num_classes: width of the head.
        image_size: height and width of the input, in pixels.
        seed: of the initialisation; the global generator is left as it was.
        options: further arguments of the architecture, such as `width`.

    Returns:
        A network in training mode on the CPU, mapping (batch, 3, height, width) to
        (batch, classes), whose last layer is the linear layer `head`.

    Raises:
        KnowError: if the architecture is unknown or refuses the options.
    """
    if name not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise KnowError(f"wanted an architecture among {known}, got {name!r}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            return ARCHITECTURES[name](
                num_classes=num_classes, image_size=image_size, **(options or {})
            )
        except TypeError as error:
            raise KnowError(
                f"architecture {name!r} with {dict(options or {})}: {error}"
            ) from error
