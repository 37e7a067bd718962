"""Hypernetworks by name. Each is a module whose `MODEL` is the network's class."""

from typing import TYPE_CHECKING

from know.registry import Registry

if TYPE_CHECKING:
    from know.hypernetwork.base import Hypernetwork

MODELS: Registry[type["Hypernetwork"]] = Registry(
    "know.hypernetwork.models", kind="a hypernetwork", entry="MODEL"
)
"""Every hypernetwork's class by the name of its architecture."""
