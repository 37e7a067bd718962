"""Source `npz`: a folder with train.npz and test.npz.

Each archive holds `images` uint8 (N, H, W), (N, H, W, 1) or (N, H, W, 3), `labels` of
whole numbers (N,) and, unless the classes have no names, `class_names` of text (C,).
"""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from know.data.arrays import ByteArray, IntArray
from know.data.pictures import resized
from know.data.raw import RawDataset, RawSplit, Size, Source, source_folder
from know.data.settings import DatasetSettings
from know.errors import KnowError, raise_all

Headers = dict[str, tuple[tuple[int, ...], np.dtype[Any]]]

# Exceptions of zipfile, zlib and numpy on damaged bytes.
_DAMAGE = (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class _Archive:
    """An npz file of which everything but the images has been read."""

    path: Path
    labels: IntArray
    class_names: tuple[str, ...]

    def read(self, indices: IntArray, size: Size) -> ByteArray:
        return resized(_array(self.path, "images")[indices], size)


def open_npz(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Read labels and class names of both archives.

    Raises:
        KnowError: naming everything wrong with either archive.
    """
    folder = source_folder(settings, data_root)
    problems: list[str] = []
    opened: list[_Archive] = []
    for split in ("train", "test"):
        try:
            opened.append(_archive(folder / f"{split}.npz"))
        except KnowError as error:
            problems.append(str(error))
    raise_all(problems, f"the archives in {folder} cannot be used")
    train, test = opened
    names = max(train.class_names, test.class_names, key=len)
    if any(part.class_names != names[: len(part.class_names)] for part in opened):
        raise KnowError(f"{folder}: train.npz and test.npz differ in their class_names")
    splits = [RawSplit(part.labels, part.read) for part in opened]
    return RawDataset(splits[0], splits[1], names)


SOURCE = Source(open_npz)


def _archive(path: Path) -> _Archive:
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
        names = tuple(str(label) for label in range(labels.max(initial=0) + 1))
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= len(names):
        found = f"{labels.min()} to {labels.max()}" if len(labels) else "none"
        raise KnowError(f"{path}: labels should be 0 to {len(names) - 1}, are {found}")
    return _Archive(path, labels, names)


def _array(path: Path, key: str) -> NDArray[Any]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            array: NDArray[Any] = archive[key]
    except _DAMAGE as error:
        raise KnowError(f"{path} is damaged, {key} cannot be read: {error}") from error
    return array


def _headers(path: Path) -> Headers:
    """Shape and type of each array, without reading the arrays."""
    headers: Headers = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".npy"):
                    with archive.open(name) as member:
                        headers[name.removesuffix(".npy")] = _npy_header(member)
    except _DAMAGE as error:
        raise KnowError(f"{path} cannot be read as an npz archive: {error}") from error
    return headers


def _npy_header(member: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    if np.lib.format.read_magic(member) == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(member)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(member)
    return shape, dtype


def _header_problem(headers: Headers) -> str | None:
    missing = {"images", "labels"} - set(headers)
    if missing:
        return f"should hold images and labels, holds {sorted(headers)}"
    image_shape, image_dtype = headers["images"]
    label_shape, label_dtype = headers["labels"]
    if image_dtype != np.uint8 or not _is_image_shape(image_shape):
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


def _is_image_shape(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3))
