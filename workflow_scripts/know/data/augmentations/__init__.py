"""Augmentations by name. Each is a module with an `AUGMENTATION`."""

from typing import TYPE_CHECKING

from know.registry import Registry

if TYPE_CHECKING:
    from know.data.augmentation import Augmentation

AUGMENTATIONS: Registry["Augmentation"] = Registry(
    "know.data.augmentations", kind="an augmentation", entry="AUGMENTATION"
)
