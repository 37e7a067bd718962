"""Versions of Python and of the packages behind an artifact."""

import platform
from importlib.metadata import version

_PACKAGES = ("numpy", "safetensors", "torch", "zarr")


def versions() -> dict[str, str]:
    """Give the versions that can change a number."""
    found = {package: version(package) for package in _PACKAGES}
    return {"python": platform.python_version(), **found}
