"""Decode one picture to RGB of a given size, with Pillow."""

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from know.errors import KnowError

if TYPE_CHECKING:
    from PIL import Image

UNREADABLE = (OSError, SyntaxError, ValueError)
"""Exceptions of Pillow on a damaged picture; KnowError is one of them."""


def decoded(
    file: Path | BinaryIO, size: tuple[int, int] | None, *, crop: bool = False
) -> NDArray[np.uint8]:
    """Read one picture.

    Args:
        file: in any form that Pillow reads.
        size: (height, width) of the result; by default the picture's own.
        crop: first cut out the largest centred part of the shape of `size`, instead of
            squeezing the picture.

    Returns:
        RGB, shape (height, width, 3).

    Raises:
        KnowError: if the file is no picture or has more than 8 bits per channel.
        OSError: if it cannot be read; Pillow raises SyntaxError and ValueError too.
    """
    with opened_picture(file) as opened:
        # Pillow silently clips these to 255 when it converts them.
        if opened.mode[0] in "IF":
            raise KnowError(f"8 bits per channel wanted, found mode {opened.mode}")
        has_clear_colour = "transparency" in opened.info
        picture = opened.convert("RGBA" if has_clear_colour else "RGB").convert("RGB")
    if crop and size is not None:
        picture = picture.crop(_centred_box(picture, size))
    return fitted(picture, size)


def opened_picture(file: Path | BinaryIO) -> "Image.Image":
    """Open a picture with Pillow, whose own message would not name the file.

    Raises:
        KnowError: if the file is not in any form that Pillow reads.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(file)
    except UnidentifiedImageError:
        raise KnowError("not a picture in a format that Pillow reads") from None


def fitted(picture: "Image.Image", size: tuple[int, int] | None) -> NDArray[np.uint8]:
    """Return a picture's pixels, squeezed into `size`.

    Args:
        picture: RGB or grey.
        size: (height, width); by default the picture's own. Shrinking averages boxes of
            pixels, enlarging interpolates bilinearly.
    """
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
