"""Reading and resizing pictures with Pillow."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from know.data.arrays import ByteArray, IntArray
from know.data.decoding import decoded, fitted
from know.data.raw import RawSplit
from know.errors import KnowError, raise_all

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Endings, in lower case, of the files taken for pictures."""

_LOG = logging.getLogger("know")


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of their names; the log counts the rest."""
    entries = sorted(folder.iterdir())
    pictures = [
        path
        for path in entries
        if not path.name.startswith(".") and path.suffix.lower() in SUFFIXES
    ]
    num_others = len(entries) - len(pictures)
    if num_others:
        _LOG.info("%s: %d entries left out, no pictures", folder, num_others)
    return pictures


def file_split(
    paths: Sequence[Path], labels: IntArray, *, crop: bool = False
) -> RawSplit:
    """Pictures in files, read when asked."""

    def read(indices: IntArray, size: tuple[int, int] | None) -> ByteArray:
        return read_pictures([paths[index] for index in indices], size, crop=crop)

    return RawSplit(labels, read)


def read_pictures(
    paths: Sequence[Path], size: tuple[int, int] | None, *, crop: bool = False
) -> ByteArray:
    """Read pictures as RGB.

    Args:
        paths: picture files.
        size: (height, width) to squeeze each picture into; none where all have one.
        crop: as in `know.data.decoding.decoded`.

    Returns:
        Shape (len(paths), height, width, 3).

    Raises:
        KnowError: naming every file that cannot be read; or, without a `size`, if the
            pictures differ in theirs.
    """
    return stacked(paths, partial(decoded, size=size, crop=crop))


def stacked(paths: Sequence[Path], read: Callable[[Path], ByteArray]) -> ByteArray:
    """Read files of one size.

    Args:
        paths: files to read.
        read: reads one, shape (height, width, ...); what it raises is told of the file.

    Returns:
        Shape (len(paths), height, width, ...).

    Raises:
        KnowError: naming every file that cannot be read, or the sizes if they differ.
    """
    pictures: list[ByteArray] = []
    problems: list[str] = []
    for path in paths:
        try:
            pictures.append(read(path))
        except (OSError, SyntaxError, ValueError) as error:
            problems.append(f"{path}: {error}")
    raise_all(problems, "these pictures cannot be read")
    sizes = {picture.shape[:2] for picture in pictures}
    if len(sizes) > 1:
        some = ", ".join(f"{h} x {w}" for h, w in sorted(sizes)[:5])
        raise KnowError(
            f"wanted pictures of one size, found {len(sizes)} sizes ({some} ...) under "
            f"{paths[0].parent}; give `size`"
        )
    return np.stack(pictures)


def resized(images: ByteArray, size: tuple[int, int] | None) -> ByteArray:
    """RGB images of another size.

    Args:
        images: shape (N, H, W), (N, H, W, 1) or (N, H, W, 3).
        size: (height, width), or none to leave the size.

    Returns:
        Shape (N, height, width, 3). A smaller picture averages boxes of pixels, a
        larger one interpolates bilinearly.
    """
    from PIL import Image

    grey = images[..., 0] if images.shape[3:] == (1,) else images
    if size is not None and size != images.shape[1:3]:
        grey = np.stack([fitted(Image.fromarray(image), size) for image in grey])
    if grey.ndim == 4:
        return np.ascontiguousarray(grey)
    return np.repeat(grey[..., None], 3, axis=3)
