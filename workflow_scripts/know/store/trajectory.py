"""Trajectory stores: the weights of every stage, one Zarr array a kind, in one file.

Plain `zarr` and `xarray` open them; `docs/formats.md` says what is where.
"""

from know.store.attributes import StageRecord, TrajectoryAttributes
from know.store.read import Trajectory, open_trajectory, verify
from know.store.write import write_trajectory

__all__ = [
    "StageRecord",
    "Trajectory",
    "TrajectoryAttributes",
    "open_trajectory",
    "verify",
    "write_trajectory",
]
