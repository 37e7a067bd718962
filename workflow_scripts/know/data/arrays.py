"""Image data sets as arrays, and the sealed file that carries one."""

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from know.errors import KnowError
from know.sealed import sealed_metadata, verified_metadata, write_sealed

ByteArray = NDArray[np.uint8]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.floating[Any]]

FORMAT = 1

_DTYPES: dict[str, type[np.generic]] = {
    "train_images": np.uint8,
    "train_labels": np.int64,
    "test_images": np.uint8,
    "test_labels": np.int64,
}
# The same types as safetensors names them.
_DTYPE_NAMES = {
    "train_images": "U8",
    "train_labels": "I64",
    "test_images": "U8",
    "test_labels": "I64",
}


@dataclass(frozen=True, kw_only=True)
class ImageDataset:
    """Two splits of labelled images; `image_dataset` makes one with its digests."""

    name: str
    train_images: ByteArray
    """Shape (N, H, W, C), C = 3."""
    train_labels: IntArray
    """Shape (N,), each an index into `class_names`."""
    test_images: ByteArray
    test_labels: IntArray
    class_names: tuple[str, ...]
    digests: dict[str, str]
    """SHA-256 of the bytes of images and labels, of `train` and of `test`."""
    settings: dict[str, Any] = field(default_factory=dict)
    """What the data set was prepared with, ready for JSON."""


def image_dataset(
    name: str,
    *,
    train: tuple[ByteArray, IntArray],
    test: tuple[ByteArray, IntArray],
    class_names: tuple[str, ...],
    settings: Mapping[str, Any],
) -> ImageDataset:
    """Put two splits together and digest them.

    Args:
        name: id of the data set.
        train: images, shape (N, H, W, 3), and labels, shape (N,).
        test: the same for the test split.
        class_names: the name of each label.
        settings: what the data set was prepared with, ready for JSON.
    """
    return ImageDataset(
        name=name,
        train_images=train[0],
        train_labels=train[1],
        test_images=test[0],
        test_labels=test[1],
        class_names=class_names,
        digests={"train": split_digest(*train), "test": split_digest(*test)},
        settings=dict(settings),
    )


def split_digest(images: ByteArray, labels: IntArray) -> str:
    """SHA-256 of the images' bytes followed by the labels' bytes, in hexadecimal."""
    digest = hashlib.sha256(np.ascontiguousarray(images).data)
    digest.update(np.ascontiguousarray(labels).data)
    return digest.hexdigest()


def write_dataset(path: Path, dataset: ImageDataset) -> None:
    """Write `dataset` to a sealed safetensors file, whole or not at all.

    Args:
        path: file to write, ending in `.safetensors`.
        dataset: what to write.
    """
    metadata = {
        "format": FORMAT,
        "name": dataset.name,
        "class_names": dataset.class_names,
        "digests": dataset.digests,
        "settings": dataset.settings,
    }
    arrays = {key: np.ascontiguousarray(getattr(dataset, key)) for key in _DTYPES}
    serialised = safetensors.numpy.save(arrays, metadata=sealed_metadata(metadata))
    write_sealed(path, serialised)


def read_dataset(path: Path) -> ImageDataset:
    """Open a data set after checking every byte of its file; no pixel is copied.

    The arrays are memory maps in copy-on-write mode: many jobs on one machine share
    their pages, `torch.from_numpy` takes them as they are, and a write into one stays
    in this process.

    Args:
        path: a file that `write_dataset` wrote.

    Raises:
        KnowError: if the file is missing, damaged, or not a data set of this format.
    """
    metadata = verified_metadata(path)
    header, start = _header(path)
    dtypes = {key: entry["dtype"] for key, entry in header.items()}
    if metadata.get("format") != FORMAT or dtypes != _DTYPE_NAMES:
        raise KnowError(
            f"wanted a data set of format {FORMAT} with the arrays {_DTYPE_NAMES}, "
            f"found format {metadata.get('format')} with {dtypes} in {path}"
        )
    return ImageDataset(
        name=metadata["name"],
        class_names=tuple(metadata["class_names"]),
        digests=metadata["digests"],
        settings=metadata["settings"],
        **_mapped_arrays(path, header, start),
    )


def _mapped_arrays(
    path: Path, header: dict[str, Any], start: int
) -> dict[str, NDArray[Any]]:
    return {
        key: np.asarray(
            np.memmap(
                path,
                dtype=_DTYPES[key],
                mode="c",
                offset=start + entry["data_offsets"][0],
                shape=tuple(entry["shape"]),
            )
        )
        for key, entry in header.items()
    }


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """The entry of each array in a safetensors header, and where the arrays begin."""
    with path.open("rb") as file:
        length = int(struct.unpack("<Q", file.read(8))[0])
        header: dict[str, Any] = json.loads(file.read(length))
    header.pop("__metadata__", None)
    return header, 8 + length
