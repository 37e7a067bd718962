"""Registry of the hyper-models' networks, each loaded only when asked for.

A network's module is named here and never imported, so that the code version of one
network does not change with another's.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from know.errors import KnowError

if TYPE_CHECKING:
    from know.hypernetwork.hyper_model import HyperModel

_CLASSES = {
    "known": "know.hypernetwork.network:Known",
    "known-plus": "know.hypernetwork.known_plus:KnownPlus",
    "linear-meta": "know.hypernetwork.linear_meta:LinearMeta",
    "nino-mlp": "know.hypernetwork.nino:NinoMlp",
    "wnn": "know.hypernetwork.wnn:Wnn",
}


class UnknownArchitectureError(KnowError, KeyError):
    """No hyper-model has that architecture."""

    __str__ = ValueError.__str__


class _Registry(Mapping[str, Callable[..., "HyperModel"]]):
    """Name of an architecture -> its class, importing its module on access."""

    def __getitem__(self, name: str) -> Callable[..., "HyperModel"]:
        module = importlib.import_module(module_of(name))
        found: Callable[..., HyperModel] = getattr(
            module, _CLASSES[name].partition(":")[2]
        )
        return found

    def __contains__(self, name: object) -> bool:
        return name in _CLASSES

    def __iter__(self) -> Iterator[str]:
        return iter(_CLASSES)

    def __len__(self) -> int:
        return len(_CLASSES)


def module_of(name: str) -> str:
    """Dotted name of the module that holds an architecture's class.

    Args:
        name: a key of `MODELS`.

    Raises:
        UnknownArchitectureError: if no hyper-model has that architecture.
    """
    if name not in _CLASSES:
        raise UnknownArchitectureError(
            f"wanted a hyper-model's architecture, one of {', '.join(_CLASSES)}; "
            f"got {name!r}"
        )
    return _CLASSES[name].partition(":")[0]


MODELS: Mapping[str, Callable[..., "HyperModel"]] = _Registry()
"""Every hyper-model's class by the name of its architecture."""
