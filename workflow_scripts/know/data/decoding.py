"""Decode pictures to RGB of a given size, with Pillow."""

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from know.errors import KnowError

if TYPE_CHECKING:
    from PIL import Image

UNREADABLE = (OSError, SyntaxError, ValueError)
"""Exceptions of Pillow on a damaged picture; KnowError is one of them."""

Size = tuple[int, int] | None
"""(height, width) in pixels, or none for the images' own."""


def decoded(
    file: Path | BinaryIO, size: Size, *, crop: bool = False
) -> NDArray[np.uint8]:
    """Read one picture in any form that Pillow reads to RGB, (height, width, 3).

    Args:
        file: the picture.
        size: size of the result.
        crop: first cut out the largest centred part of the shape of `size`, instead of
            squeezing the picture.

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
    return _fitted(picture, size)


def opened_picture(file: Path | BinaryIO) -> "Image.Image":
    """Open a picture with Pillow, whose own message would name the stream.

    Raises:
        KnowError: if the file is not in any form that Pillow reads.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(file)
    except UnidentifiedImageError:
        raise KnowError("not a picture in a format that Pillow reads") from None


def resized(images: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Return images (N, H, W), (N, H, W, 1) or (N, H, W, 3) as RGB of another size."""
    from PIL import Image

    grey = images[..., 0] if images.shape[3:] == (1,) else images
    if size is not None and size != images.shape[1:3]:
        grey = np.stack([_fitted(Image.fromarray(image), size) for image in grey])
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
