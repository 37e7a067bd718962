"""KNOWN: the hyper-model, its files and its training."""

from know.hypernetwork.files import load

__all__ = ["load"]
