"""Shards of meta-data: many trajectories in one checksummed file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import zarr
from torch import Tensor

from know.errors import KnowError
from know.store.attributes import TrajectoryAttributes
from know.store.read import Trajectory, open_group, trajectory_in
from know.store.write import packed_whole, write_stages
from know.weights.kinds import Kind


@dataclass(frozen=True, kw_only=True)
class RecordedRun:
    """A meta-run: one trajectory of a shard."""

    states: Sequence[Mapping[str, Tensor]]
    """State dict after each stage, all data first."""
    kinds: Mapping[str, Kind]
    attributes: TrajectoryAttributes


@dataclass(frozen=True, kw_only=True)
class LeftOutRun:
    """A meta-run without a trajectory, because its training diverged."""

    number: int
    reason: str
    settings: Mapping[str, Any]
    """Settings that were drawn for it, JSON-ready."""


def write_shard(path: Path, runs: Iterable[RecordedRun | LeftOutRun]) -> None:
    """Write a shard whole or not at all, one meta-run at a time.

    Args:
        path: file to write, ending in `.zarr.zip`.
        runs: each becomes a Zarr group like that of a trajectory store, or, if it was
            left out, an entry of the root's attribute `left_out`.

    Raises:
        KnowError: if a meta-run is not a trajectory, or there is none.
    """
    with packed_whole(path) as folder:
        root = zarr.create_group(folder, zarr_format=3)
        count, left_out = 0, []
        for run in runs:
            if isinstance(run, LeftOutRun):
                left_out.append(asdict(run))
            else:
                group = folder / f"trial-{count:04d}"
                write_stages(group, run.states, run.kinds, run.attributes)
                count += 1
        if not count:
            raise KnowError(f"every meta-run of {path.name} diverged, nothing to write")
        root.attrs["left_out"] = left_out


class Shard(list[Trajectory]):
    """Trajectories in the order of writing."""

    diverged: int = 0
    """Number of meta-runs without a trajectory."""


@contextmanager
def open_shard(path: Path) -> Iterator[Shard]:
    """Open a shard, or a trajectory store as a shard of one, checking every byte of it.

    Raises:
        KnowError: if the file is missing, damaged or neither.
    """
    with open_group(path) as (root, checksum):
        # A trajectory is a group of arrays alone; a shard is a group of trajectories.
        groups: dict[str, zarr.Group] = dict(root.groups())
        found = [group for _, group in sorted(groups.items())] or [root]
        shard = Shard(trajectory_in(group, path, checksum) for group in found)
        left_out: Any = root.attrs.get("left_out", [])
        shard.diverged = len(left_out)
        yield shard
