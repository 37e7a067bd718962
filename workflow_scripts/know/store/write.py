"""Writing a trajectory store, stage by stage."""

import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import zarr
from torch import Tensor
from zarr.codecs import BloscCodec, Crc32cCodec

from know.errors import raise_all
from know.store.archive import pack
from know.store.attributes import TrajectoryAttributes, to_json
from know.weights.flatten import (
    TensorEntry,
    flatten,
    layout_problems,
    tensor_table,
    vector_lengths,
)
from know.weights.kinds import Kind
from know.whole_files import beside

_CHUNK = 2**20
CODECS = (
    BloscCodec(cname="lz4", clevel=1, shuffle="bitshuffle"),
    Crc32cCodec(),
)
"""Codecs of every array. Decision 13."""

_log = logging.getLogger("know")


def write_trajectory(
    path: Path,
    stages: Iterable[Mapping[str, Tensor]],
    kinds: Mapping[str, Kind],
    attributes: TrajectoryAttributes,
) -> None:
    """Write a trajectory store whole or not at all.

    Memory stays at about one stage if `stages` loads each checkpoint when asked. The
    same input gives the same bytes.

    Args:
        path: file to write, `results/trajectories/{run}.zarr.zip`.
        stages: the state dict after each stage, stage 0 (the full data) first.
        kinds: kind of each tensor, from `tensor_kinds`.
        attributes: provenance, with one record per stage.

    Raises:
        KnowError: naming, with its stage, each tensor that is missing, unknown, of
            another shape or dtype than in stage 0, not finite or not exact in float32;
            if there is no stage, or not one record per stage.
    """
    with packed_whole(path) as folder:
        write_stages(folder, stages, kinds, attributes)
    measured = [s.accuracy for s in attributes.stages if s.accuracy is not None]
    if measured and max(measured) <= 1:
        _log.warning(
            "no accuracy is above 1 %%: wanted percent, found %s; are these shares?",
            ", ".join(f"{accuracy:g}" for accuracy in measured),
        )


@contextmanager
def packed_whole(path: Path) -> Iterator[Path]:
    """Turn the files of a folder into the checksummed archive `path`, or into nothing.

    Args:
        path: file to write; its folder is made, an older file replaced.

    Yields:
        A folder that does not exist yet and is gone when the block ends.

    Raises:
        KnowError: if there is no room for the archive.
    """
    with beside(path) as folder:
        yield folder
        pack(folder, path)


def write_stages(
    folder: Path,
    stages: Iterable[Mapping[str, Tensor]],
    kinds: Mapping[str, Kind],
    attributes: TrajectoryAttributes,
) -> None:
    """Write one trajectory as a Zarr group in a folder; see `write_trajectory`."""
    problems: list[str] = []
    table: list[TensorEntry] = []
    arrays: dict[Kind, zarr.Array[Any]] = {}
    wanted = len(attributes.stages)
    count = 0
    # No `enumerate`: it would hold on to a stage while the next one loads.
    for state in stages:
        if count == 0:
            table = tensor_table(state, kinds)
            arrays = _create(folder, table, attributes)
        found = layout_problems(state, table) + _not_finite(state)
        problems += [f"stage {count}: {problem}" for problem in found]
        # After a problem the rest is only checked, to name all offenders at once.
        if not problems and count < wanted:
            for kind, vector in flatten(state, table).items():
                arrays[kind][count] = vector.cpu().numpy()
        count += 1
        del state
    if not count or count != wanted:
        problems.append(f"{count} stages, but {wanted} stage records")
    raise_all(problems, f"run {attributes.run!r} does not make a trajectory")


def _create(
    folder: Path, table: Sequence[TensorEntry], attributes: TrajectoryAttributes
) -> dict[Kind, zarr.Array[Any]]:
    """Create an empty store with all its attributes; return its array for each kind."""
    arrays: dict[Kind, zarr.Array[Any]] = {}
    group = zarr.create_group(
        folder, attributes=to_json(attributes, table), zarr_format=3
    )
    for kind, length in vector_lengths(table).items():
        # Chunks of equal length: the last one is not padded with a megabyte of NaN.
        chunk = math.ceil(length / max(1, math.ceil(length / _CHUNK)))
        arrays[kind] = group.create_array(
            kind,
            shape=(len(attributes.stages), length),
            chunks=(1, max(1, chunk)),
            dtype="float32",
            fill_value=math.nan,
            compressors=CODECS,
            dimension_names=("stage", f"{kind}_coordinate"),
        )
    return arrays


def _not_finite(state: Mapping[str, Tensor]) -> list[str]:
    return [
        f"{name!r} has {int((~torch.isfinite(value)).sum())} values that are not finite"
        for name, value in state.items()
        if not torch.isfinite(value).all()
    ]
