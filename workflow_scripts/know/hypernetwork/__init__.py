"""KNOWN and other hypernetworks: networks, files and training.

`load` is brought in when it is asked for, so that a DAG of jobs is built without torch.
"""

from typing import Any

__all__ = ["load"]


def __getattr__(name: str) -> Any:
    if name == "load":
        from know.hypernetwork.files import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
