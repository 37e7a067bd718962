"""A landscape as a Zarr store: the plane, its landmarks and the points."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import zarr
from numpy.typing import NDArray

from know.cards import check_cards
from know.errors import KnowError, raise_all
from know.store.read import open_group, size_problems
from know.store.write import CODECS, packed_whole
from know.weights.checkpoint import load_checkpoint

FORMAT = 1
_KIND = "landscape"
_CHUNK = 2**16
"""Rows of a chunk."""
_DIMENSIONS: dict[str, tuple[str, ...]] = {
    "mean": ("coordinate",),
    "axes": ("axis", "coordinate"),
    "landmark_coordinates": ("landmark", "axis"),
    "landmark_accuracy": ("landmark",),
    "point_coordinates": ("point", "axis"),
    "point_accuracy": ("point",),
    "point_position": ("point",),
    "point_level": ("point",),
}

Arrays = dict[str, NDArray[np.float64]]


def write_landscape(
    path: Path, drawn: Path, blocks: Sequence[Path], facts: Mapping[str, Any]
) -> int:
    """Write a landscape whole or not at all.

    Args:
        path: file to write, ending in `.zarr.zip`.
        drawn: checkpoint of the map, as `know.landscape.survey.survey` returns it.
        blocks: checkpoints of the points, as `evaluate_points` returns them, in order.
        facts: what else the store's attributes say, ready for JSON.

    Returns:
        The number of points.

    Raises:
        KnowError: if a file is damaged, or points were drawn on another map.
    """
    arrays, known = load_checkpoint(drawn)
    check_cards({str(block): {"map": known["sha256"]} for block in blocks})
    points = [load_checkpoint(block)[0] for block in blocks]
    for name in points[0]:
        arrays[f"point_{name}"] = torch.cat([block[name] for block in points])
    attributes = {
        "format": FORMAT,
        "kind": _KIND,
        **{key: known[key] for key in ("run", "explained", "landmarks")},
        "map": known["sha256"],
        **facts,
    }
    with packed_whole(path) as folder:
        group = zarr.create_group(folder, attributes=attributes, zarr_format=3)
        for name, dimensions in _DIMENSIONS.items():
            values = arrays[name].numpy()
            group.create_array(
                name,
                shape=values.shape,
                chunks=(min(len(values), _CHUNK), *values.shape[1:]),
                dtype="float64",
                fill_value=math.nan,
                compressors=CODECS,
                dimension_names=dimensions,
            )[...] = values
    return len(arrays["point_accuracy"])


def is_landscape(path: Path) -> bool:
    """Whether a checksummed archive holds a landscape, after checking every byte of it.

    Raises:
        KnowError: if the file is missing, damaged or holds no Zarr group.
    """
    with open_group(path) as (group, _):
        return group.attrs.get("kind") == _KIND


def read_landscape(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Read a landscape after checking every byte of its file.

    Returns:
        The arrays by name, and the attributes.

    Raises:
        KnowError: if the file is missing, damaged or incomplete, or holds something
            else.
    """
    with open_group(path) as (group, checksum):
        attributes: dict[str, Any] = dict(group.attrs)
        found = (attributes.get("kind"), attributes.get("format"))
        if found != (_KIND, FORMAT):
            raise KnowError(
                f"wanted a landscape of format {FORMAT}, found {found} in {path}"
            )
        found_arrays = dict(group.arrays())
        raise_all(
            [p for array in found_arrays.values() for p in size_problems(path, array)],
            f"{path} cannot be read",
        )
        arrays = {
            name: np.asarray(found_arrays[name][...], dtype=np.float64)
            if name in found_arrays
            else np.array(math.nan)
            for name in _DIMENSIONS
        }
    raise_all(
        [name for name, values in arrays.items() if not np.isfinite(values).all()],
        f"{path} lacks values of",
    )
    return arrays, {**attributes, "sha256": checksum}
