"""Where an artifact came from: versions of the code and of the packages."""

import platform
from importlib.metadata import version

_PACKAGES = ("numpy", "safetensors", "torch", "zarr")


def versions() -> dict[str, str]:
    """Versions that can change a number: Python and the packages that compute."""
    found = {package: version(package) for package in _PACKAGES}
    return {"python": platform.python_version(), **found}
