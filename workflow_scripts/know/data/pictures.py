"""Many pictures at once: finding, reading and resizing them."""

import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from know.data.arrays import ByteArray
from know.data.decoding import UNREADABLE, fitted
from know.data.picture_list import Places
from know.errors import KnowError, raise_all

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Endings, in lower case, of the files that are taken for pictures."""

_LOG = logging.getLogger("know")


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures of a folder, sorted by name; the log counts other entries."""
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


def stacked(places: Places, read: Callable[[BinaryIO], ByteArray]) -> ByteArray:
    """Read files whose pictures have one size.

    Args:
        places: the files.
        read: reads one picture, shape (height, width, ...).

    Returns:
        Shape (N, height, width, ...).

    Raises:
        KnowError: naming every file that cannot be read, or the sizes if they differ.
    """
    pictures: list[ByteArray] = []
    problems: list[str] = []
    for number in range(len(places)):
        try:
            pictures.append(read(io.BytesIO(places.content(number))))
        except UNREADABLE as error:
            problems.append(f"{places.name(number)}: {error}")
    raise_all(problems, "these pictures cannot be read")
    sizes = {picture.shape[:2] for picture in pictures}
    if len(sizes) > 1:
        some = ", ".join(f"{h} x {w}" for h, w in sorted(sizes)[:5])
        raise KnowError(
            f"wanted pictures of one size, found {len(sizes)} sizes ({some} ...) under "
            f"{places.folder}; give `size`"
        )
    return np.stack(pictures)


def resized(images: ByteArray, size: tuple[int, int] | None) -> ByteArray:
    """Return RGB images of another size.

    Args:
        images: shape (N, H, W), (N, H, W, 1) or (N, H, W, 3).
        size: (height, width); by default the images' own.

    Returns:
        Shape (N, height, width, 3), scaled as by `know.data.decoding.fitted`.
    """
    from PIL import Image

    grey = images[..., 0] if images.shape[3:] == (1,) else images
    if size is not None and size != images.shape[1:3]:
        grey = np.stack([fitted(Image.fromarray(image), size) for image in grey])
    if grey.ndim == 4:
        return np.ascontiguousarray(grey)
    return np.repeat(grey[..., None], 3, axis=3)
