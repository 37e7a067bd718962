"""Where the package keeps the hyper-models that it brings."""

from pathlib import Path

SHIPPED = Path(__file__).parent / "hypernetwork" / "shipped"
"""Folder of `{model}_{conv,fc,bias}.safetensors`."""
