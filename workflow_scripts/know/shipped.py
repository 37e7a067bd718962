"""Place of the hypernetworks that come with the package."""

from pathlib import Path

SHIPPED = Path(__file__).parent / "hypernetwork" / "shipped"
"""Folder of `{model}_{conv,fc,bias}.safetensors`, for trajectories of five stages; the
folders `stages-{2,3,4}` in it hold KNOWN for shorter ones."""
