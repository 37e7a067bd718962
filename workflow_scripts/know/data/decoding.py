"""Decode pictures to RGB of a given size, with Pillow."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from know.errors import KnowError, reason_of

if TYPE_CHECKING:
    from PIL import Image

UNREADABLE = (OSError, KnowError)
"""Exceptions of reading a picture from a file."""

_DAMAGE = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError),
    *(ArithmeticError, AttributeError, NotImplementedError, MemoryError),
    *(AssertionError, RuntimeError, struct.error, zlib.error),
)
"""Exceptions of Pillow on damaged bytes."""

_ORIENTATION = 0x0112
"""EXIF's tag of how a picture is to be turned; from 5 on height and width change."""

Size = tuple[int, int] | None
"""(height, width) in pixels, or none for the images' own."""


def decoded(
    file: Path | BinaryIO, size: Size, *, crop: bool = False
) -> NDArray[np.uint8]:
    """Read one picture in any form that Pillow reads to RGB, (height, width, 3).

    Args:
        file: the picture; it is turned as its EXIF orientation says.
        size: size of the result.
        crop: first cut out the largest centred part of the shape of `size`, instead of
            squeezing the picture.

    Raises:
        KnowError: if the file is no picture, is damaged, too large, or has more than 8
            bits per channel.
        FileNotFoundError: if there is no file at the path.
    """
    picture = upright_picture(file)
    # Pillow silently clips these to 255 when it converts them.
    if picture.mode[0] in "IF":
        raise KnowError(f"8 bits per channel wanted, found mode {picture.mode}")
    has_clear_colour = "transparency" in picture.info
    picture = picture.convert("RGBA" if has_clear_colour else "RGB").convert("RGB")
    if crop and size is not None:
        picture = picture.crop(_centred_box(picture, size))
    return _fitted(picture, size)


def upright_picture(file: Path | BinaryIO) -> "Image.Image":
    """Read one picture and turn it as its EXIF orientation says.

    Raises:
        KnowError: if it is no picture, damaged, or larger than Pillow thinks safe.
        FileNotFoundError: if there is no file at the path.
    """
    from PIL import ImageOps

    with _opened(file) as opened:
        return ImageOps.exif_transpose(opened)


def upright_size(file: Path | BinaryIO) -> tuple[int, int]:
    """Return (height, width) in pixels of a picture as `upright_picture` turns it.

    Raises:
        KnowError, FileNotFoundError: as `upright_picture` does.
    """
    with _opened(file) as opened:
        orientation = opened.getexif().get(_ORIENTATION)
        # The size of a TIFF is already that of the turned picture.
        is_turned = opened.format != "TIFF" and orientation in (5, 6, 7, 8)
        return opened.size if is_turned else opened.size[::-1]


@contextmanager
def _opened(file: Path | BinaryIO) -> Iterator["Image.Image"]:
    """Open a picture with Pillow, whose own messages would name the stream, or none."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as opened:
            if opened.format != "PNG":
                yield opened
                return
            # Pillow decodes pixels without looking at their checksums.
            opened.verify()
        if not isinstance(file, Path):
            file.seek(0)
        with Image.open(file) as opened:
            yield opened
    except FileNotFoundError:
        raise
    except UnidentifiedImageError:
        raise KnowError("not a picture in a format that Pillow reads") from None
    except Image.DecompressionBombError as error:
        raise KnowError(f"too large to be read: {reason_of(error)}") from error
    except _DAMAGE as error:
        raise KnowError(f"a damaged picture: {reason_of(error)}") from error


def resized(images: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Return images (N, H, W), (N, H, W, 1) or (N, H, W, 3) as RGB of another size."""
    from PIL import Image

    grey = images[..., 0] if images.shape[3:] == (1,) else images
    if size is not None and size != images.shape[1:3]:
        fitted = np.empty((len(grey), *size, *grey.shape[3:]), dtype=np.uint8)
        for image, into in zip(grey, fitted, strict=True):
            into[...] = _fitted(Image.fromarray(image), size)
        grey = fitted
    if grey.ndim == 4:
        return np.ascontiguousarray(grey)
    return np.repeat(grey[..., None], 3, axis=3)


def _fitted(picture: "Image.Image", size: Size) -> NDArray[np.uint8]:
    """Shrink by averaging boxes of pixels, or enlarge by bilinear interpolation."""
    from PIL import Image

    if size is None or size == (picture.height, picture.width):
        return np.asarray(picture)
    height, width = size
    shrinks = height <= picture.height and width <= picture.width
    kernel = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    return np.asarray(picture.resize((width, height), kernel))


def _centred_box(
    picture: "Image.Image", size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Left, upper, right and lower edge, in whole pixels."""
    height, width = size
    scale = min(picture.height / height, picture.width / width)
    rows, columns = round(scale * height), round(scale * width)
    left, upper = (picture.width - columns) // 2, (picture.height - rows) // 2
    return left, upper, left + columns, upper + rows
