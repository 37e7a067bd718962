"""A landscape as a Zarr store: the plane, its landmarks and the points."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from know.errors import KnowError, raise_all
from know.landscape.map import Map
from know.store.read import open_group
from know.store.write import CODECS, packed_whole

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
    path: Path,
    drawn: Map,
    points: Mapping[str, NDArray[np.float64]],
    facts: Mapping[str, Any],
) -> None:
    """Write a landscape whole or not at all.

    Args:
        path: file to write, ending in `.zarr.zip`.
        drawn: the plane and the landmarks.
        points: coordinates (M, 2), accuracy (M,), position (M,) and level (M,).
        facts: what else the store's attributes say, ready for JSON.
    """
    arrays = {
        "mean": drawn.plane.mean_P.numpy(),
        "axes": drawn.plane.axes_AP.numpy(),
        "landmark_coordinates": np.array([m.coordinates for m in drawn.landmarks]),
        "landmark_accuracy": np.array([m.accuracy for m in drawn.landmarks]),
        **{f"point_{name}": values for name, values in points.items()},
    }
    attributes = {
        "format": FORMAT,
        "kind": _KIND,
        "run": drawn.run,
        "explained": list(drawn.plane.explained),
        "landmarks": [{"method": m.method, "stage": m.stage} for m in drawn.landmarks],
        **facts,
    }
    with packed_whole(path) as folder:
        group = zarr.create_group(folder, attributes=attributes, zarr_format=3)
        for name, dimensions in _DIMENSIONS.items():
            values = arrays[name]
            group.create_array(
                name,
                shape=values.shape,
                chunks=(min(len(values), _CHUNK), *values.shape[1:]),
                dtype="float64",
                fill_value=math.nan,
                compressors=CODECS,
                dimension_names=dimensions,
            )[...] = values


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
