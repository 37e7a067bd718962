"""Reading a trajectory store: a stage, or a window of coordinates over all stages."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import zarr
from torch import Tensor
from zarr.storage import ZipStore

from know.errors import KnowError, naming, raise_all, raise_of_the_disk, reason_of
from know.store.archive import verify_checksum
from know.store.attributes import TrajectoryAttributes, from_json
from know.weights.checkpoint import State
from know.weights.flatten import TensorEntry, unflatten, vector_lengths
from know.weights.kinds import Kind

# Shape suffixes: S stages (stage 0 first), N coordinates of a window.

_WINDOW = 2**20
_MOST_COMPRESSION = 1000
"""Bytes that one byte of a store can stand for, and more: that of LZ4 is 255."""
# Errors of zarr, its codecs and zipfile on damaged bytes.
_DAMAGE = (ValueError, KeyError, RuntimeError, OSError, zipfile.BadZipFile)


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """An open trajectory store whose bytes have all been verified."""

    path: Path
    checksum: str
    """SHA-256 by which other artifacts refer to the store."""
    attributes: TrajectoryAttributes
    table: list[TensorEntry]
    """Name, kind, offset, shape and dtype of each tensor."""
    lengths: dict[Kind, int]
    """Number of coordinates of each kind that occurs."""
    _group: zarr.Group

    @property
    def num_stages(self) -> int:
        """Number of stages, including stage 0."""
        return len(self.attributes.stages)

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kind of each tensor."""
        return {entry.name: entry.kind for entry in self.table}

    def read_stage(self, stage: int) -> State:
        """Read the weights after one stage, and no other stage's bytes.

        Args:
            stage: 0 for the full data, up to `num_stages - 1`.

        Returns:
            A state dict on the CPU with the checkpoint's names, shapes and dtypes.

        Raises:
            KnowError: if there is no such stage or the store lacks a value of it.
        """
        if not 0 <= stage < self.num_stages:
            raise KnowError(
                f"wanted stage {stage}, {self.path} has stages 0 to "
                f"{self.num_stages - 1}"
            )
        vectors = {
            kind: self._read(kind, slice(stage, stage + 1), slice(None))[0]
            for kind in self.lengths
        }
        return unflatten(vectors, self.table)

    def read_window(self, kind: Kind, start: int, stop: int) -> Tensor:
        """Read some coordinates of one kind over all stages.

        Args:
            kind: one of those in `lengths`.
            start: first coordinate.
            stop: one past the last coordinate, at most the length of the kind.

        Returns:
            Shape (stages, stop - start), float32, on the CPU, stage 0 first.

        Raises:
            KnowError: if there is no such window or the store lacks a value of it.
        """
        length = self.lengths.get(kind, 0)
        if not 0 <= start <= stop <= length:
            raise KnowError(
                f"wanted coordinates {start} to {stop} of {kind}, {self.path} has "
                f"{length}"
            )
        return self._read(kind, slice(0, self.num_stages), slice(start, stop))

    def windows(self, kind: Kind) -> Iterator[Tensor]:
        """Read all coordinates of one kind over all stages, about 2^20 at a time."""
        for start in range(0, max(1, self.lengths[kind]), _WINDOW):
            stop = min(start + _WINDOW, self.lengths[kind])
            yield self.read_window(kind, start, stop)

    def _read(self, kind: Kind, stages: slice, window: slice) -> Tensor:
        array: Any = self._group[kind]
        try:
            with naming(self.path):
                values_SN = np.asarray(array[stages, window])
        except _DAMAGE as error:
            raise_of_the_disk(error)
            raise KnowError(
                f"{self.path} is damaged in {kind}: {reason_of(error)}"
            ) from error
        missing = np.argwhere(~np.isfinite(values_SN))
        if len(missing):
            stage, coordinate = missing[0] + [stages.start, window.start or 0]
            tensor = next(
                entry.name
                for entry in self.table
                if entry.kind == kind and coordinate < entry.window.stop
            )
            raise KnowError(
                f"{self.path} is incomplete: {len(missing)} values of {kind} are "
                f"missing or not finite, the first one in stage {stage} at coordinate "
                f"{coordinate}, in {tensor!r}"
            )
        return torch.from_numpy(values_SN)


@contextmanager
def open_trajectory(path: Path) -> Iterator[Trajectory]:
    """Open a trajectory store after checking every byte of it.

    Args:
        path: a file that `write_trajectory` wrote.

    Yields:
        The store, closed when the block ends.

    Raises:
        KnowError: if the file is missing, damaged, or not a trajectory of format 1.
    """
    with open_group(Path(path)) as (group, checksum):
        yield trajectory_in(group, Path(path), checksum)


@contextmanager
def open_group(path: Path) -> Iterator[tuple[zarr.Group, str]]:
    """Open a checksummed archive's root group after checking every byte of the file.

    Yields:
        The group, closed when the block ends, and the file's checksum.

    Raises:
        KnowError: if the file is missing, damaged or holds no Zarr group.
    """
    checksum = verify_checksum(path)
    try:
        with naming(path):
            store = ZipStore(path, mode="r")
            group = zarr.open_group(store, mode="r")
    except _DAMAGE as error:
        raise_of_the_disk(error)
        raise KnowError(
            f"{path} is not a trajectory store: {reason_of(error)}"
        ) from error
    try:
        yield group, checksum
    finally:
        store.close()


def size_problems(path: Path, array: zarr.Array[Any]) -> list[str]:
    """Tell whether an array claims more values than its file can hold."""
    size = path.stat().st_size
    if array.nbytes <= _MOST_COMPRESSION * size:
        return []
    return [
        f"{array.basename}: {array.dtype} of shape {array.shape} is more than a file "
        f"of {size:,} bytes can hold"
    ]


def trajectory_in(group: zarr.Group, path: Path, checksum: str) -> Trajectory:
    """Return the trajectory that a group of a verified archive holds.

    Raises:
        KnowError: if the group's arrays and attributes are not those of a trajectory.
    """
    attributes, table = from_json(dict(group.attrs), path)
    lengths = vector_lengths(table)
    problems = []
    for kind, length in lengths.items():
        array, shape = group.get(kind), (len(attributes.stages), length)
        if not isinstance(array, zarr.Array):
            problems.append(f"{kind}: no such array")
        elif array.shape != shape or array.dtype != np.float32:
            problems.append(
                f"{kind}: wanted float32 of shape {shape}, found {array.dtype} of "
                f"shape {array.shape}"
            )
        else:
            problems += size_problems(path, array)
    raise_all(problems, f"the arrays of {path} do not fit its tensor table")
    return Trajectory(
        path=path,
        checksum=checksum,
        attributes=attributes,
        table=table,
        lengths=lengths,
        _group=group,
    )
