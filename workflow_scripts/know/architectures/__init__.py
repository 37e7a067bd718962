"""Registry of networks, each module loaded only when one asks for its network.

A network lives in the module that bears its name, and this file lists none: the code
version of a run then does not change when a network is added or edited. A hyphen of a
name is an underscore of the module and of its constructor.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from know.errors import KnowError

if TYPE_CHECKING:
    from know.architectures.network import ImageSize, Network

_HELPERS = {"captioner", "feature_map", "layers", "network", "residual"}
_NAMES = sorted(
    module.name.replace("_", "-")
    for module in pkgutil.iter_modules(__path__)
    if module.name not in _HELPERS
)


class UnknownArchitectureError(KnowError, KeyError):
    """No network has that name."""

    __str__ = ValueError.__str__


class _Registry(Mapping[str, Callable[..., "Network"]]):
    """Name of a network -> its constructor, importing the module on access."""

    def __getitem__(self, name: str) -> Callable[..., "Network"]:
        module = module_of(name)
        construct: Callable[..., Network] = getattr(
            importlib.import_module(module), module.rpartition(".")[2]
        )
        return construct

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


def module_of(name: str) -> str:
    """Dotted name of the module that holds a network.

    Args:
        name: a key of `ARCHITECTURES`.

    Raises:
        UnknownArchitectureError: if no network has that name.
    """
    if name not in _NAMES:
        raise UnknownArchitectureError(
            f"wanted an architecture among {', '.join(_NAMES)}, got {name!r}"
        )
    return f"{__name__}.{name.replace('-', '_')}"


ARCHITECTURES: Mapping[str, Callable[..., "Network"]] = _Registry()
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
