"""Source `npz`: a folder with train.npz and test.npz.

Each archive holds `images` uint8 (N, H, W), (N, H, W, 1) or (N, H, W, 3), `labels` of
whole numbers (N,) and, unless the classes have no names, `class_names` of text (C,).
"""

import math
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from know.data.arrays import ByteArray, IntArray
from know.data.decoding import Size, resized
from know.data.raw import MOST_CLASSES, RawDataset, RawSplit, Source, source_folder
from know.data.settings import DatasetSettings
from know.errors import KnowError, raise_all, reason_of

Headers = dict[str, tuple[tuple[int, ...], np.dtype[Any]]]

_MOST_COMPRESSION = 1032
"""Bytes that one byte of an archive can stand for, at most."""

_DAMAGE = (
    *(OSError, EOFError, ValueError, RuntimeError, SyntaxError, struct.error),
    *(zipfile.BadZipFile, zlib.error),
)
"""Exceptions of zipfile, zlib and numpy on damaged bytes."""


def open_npz(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Read labels and class names of both archives.

    Raises:
        KnowError: naming everything wrong with either archive.
    """
    folder = source_folder(settings, data_root)
    problems: list[str] = []
    opened: list[tuple[RawSplit, tuple[str, ...]]] = []
    for split in ("train", "test"):
        try:
            opened.append(_archive(folder / f"{split}.npz"))
        except KnowError as error:
            problems.append(str(error))
    raise_all(problems, f"the archives in {folder} cannot be used")
    (train, train_names), (test, test_names) = opened
    names = max(train_names, test_names, key=len)
    if any(own != names[: len(own)] for own in (train_names, test_names)):
        raise KnowError(f"{folder}: train.npz and test.npz differ in their class_names")
    return RawDataset(train, test, names)


SOURCE = Source(open_npz)


def _archive(path: Path) -> tuple[RawSplit, tuple[str, ...]]:
    """Read everything but the images: the split and the names of its classes."""
    if not path.is_file():
        raise KnowError(f"wanted an npz archive, found no file at {path}")
    headers = _headers(path)
    problem = _header_problem(headers)
    if problem:
        raise KnowError(f"{path}: {problem}")
    labels = _array(path, "labels").astype(np.int64)
    if "class_names" in headers:
        names = tuple(_array(path, "class_names").tolist())
    else:
        number = min(int(labels.max(initial=0)) + 1, MOST_CLASSES)
        names = tuple(str(label) for label in range(number))
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= len(names):
        found = f"{labels.min()} to {labels.max()}" if len(labels) else "none"
        raise KnowError(f"{path}: labels should be 0 to {len(names) - 1}, are {found}")

    def read(indices: IntArray, size: Size) -> ByteArray:
        images = _array(path, "images")
        # Copied only where some are left out, for they may fill half the memory.
        is_whole = np.array_equal(indices, np.arange(len(images)))
        return resized(images if is_whole else images[indices], size)

    return RawSplit(labels, read), names


def _array(path: Path, key: str) -> NDArray[Any]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            array: NDArray[Any] = archive[key]
    except _DAMAGE as error:
        raise KnowError(
            f"{path} is damaged, {key} cannot be read: {reason_of(error)}"
        ) from error
    return array


def _headers(path: Path) -> Headers:
    """Shape and type of each array, without reading the arrays."""
    headers: Headers = {}
    most = _MOST_COMPRESSION * path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".npy"):
                    with archive.open(name) as member:
                        np.lib.format.read_magic(member)
                        shape, _, dtype = np.lib.format.read_array_header_1_0(member)
                        size = archive.getinfo(name).file_size - member.tell()
                    claimed = math.prod(shape) * dtype.itemsize
                    if not (claimed == size <= most or dtype.hasobject):
                        raise ValueError(
                            f"{name} has {size} bytes of {dtype} of shape {shape}"
                        )
                    headers[name.removesuffix(".npy")] = shape, dtype
    except _DAMAGE as error:
        raise KnowError(
            f"{path} cannot be read as an npz archive: {reason_of(error)}"
        ) from error
    return headers


def _header_problem(headers: Headers) -> str | None:
    missing = {"images", "labels"} - set(headers)
    if missing:
        return f"should hold images and labels, holds {sorted(headers)}"
    image_shape, image_dtype = headers["images"]
    label_shape, label_dtype = headers["labels"]
    is_image_shape = len(image_shape) == 3 or image_shape[3:] in ((1,), (3,))
    if image_dtype != np.uint8 or not is_image_shape:
        return (
            "images should be uint8 of shape (N, H, W) or (N, H, W, 1 or 3), "
            f"are {image_dtype} of shape {image_shape}"
        )
    if label_dtype.kind not in "iu" or label_shape != image_shape[:1]:
        return (
            f"labels should be whole numbers of shape ({image_shape[0]},), "
            f"are {label_dtype} of shape {label_shape}"
        )
    names_shape, names_dtype = headers.get("class_names", ((0,), np.dtype("U1")))
    if names_dtype.kind != "U" or len(names_shape) != 1:
        return f"class_names should be text (C,), are {names_dtype} {names_shape}"
    return None
