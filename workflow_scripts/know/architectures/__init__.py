"""Networks by name. A network is a module with a function of the module's name."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from know.errors import KnowError
from know.registry import Registry

if TYPE_CHECKING:
    from know.architectures.network import ImageSize, Network

ARCHITECTURES: Registry[Callable[..., "Network"]] = Registry(
    "know.architectures", kind="an architecture"
)
"""Every network by name. Their modules document the options."""


def build_network(
    name: str,
    *,
    num_classes: int,
    image_size: "ImageSize",
    seed: int,
    options: Mapping[str, Any] | None = None,
) -> "Network":
    """A freshly initialised network of the registry.

    Args:
        name: key of `ARCHITECTURES`.
        num_classes: width of the head.
        image_size: side of the input, in pixels; of `deeplabv3plus` and `pvt-v2` also
            height and width.
        seed: of the initialisation; the global generator is left as it was.
        options: further arguments of the architecture, such as `width`.

    Returns:
        A network in training mode on the CPU, mapping (batch, 3, height, width) to
        (batch, classes), or of a segmenter to (batch, classes, height, width). Its last
        weights are those of the layer `head`.

    Raises:
        KnowError: if the architecture is unknown or refuses the options.
    """
    # Here, so that a DAG of jobs is built without loading it.
    import torch

    construct = ARCHITECTURES[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            return construct(
                num_classes=num_classes, image_size=image_size, **(options or {})
            )
        except TypeError as error:
            raise KnowError(
                f"architecture {name!r} with {dict(options or {})}: {error}"
            ) from error
