"""Reading the chosen images of both splits: pixels, masks, captions, or lists."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import BinaryIO

import numpy as np

from know.data.arrays import ByteArray, IntArray
from know.data.captions import encoded, vocabulary_of
from know.data.decoding import UNREADABLE, decoded
from know.data.listing import listed
from know.data.picture_list import PictureList, Places
from know.data.raw import RawSplit, problem_lines
from know.data.settings import DatasetSettings, height_width
from know.errors import KnowError, raise_all


@dataclass(frozen=True)
class Chosen:
    """The images of a split that a data set keeps."""

    split: RawSplit
    indices: IntArray

    @property
    def labels(self) -> IntArray:
        """Class of each image, shape (N,)."""
        return self.split.labels[self.indices]


def pixels_of(
    parts: Sequence[Chosen], settings: DatasetSettings
) -> tuple[list[ByteArray], list[ByteArray]]:
    """Read the images of each split, and the masks if they are the target.

    Raises:
        KnowError: naming every picture and every mask that cannot be read, or the sizes
            of pictures and masks that do not fit each other.
    """
    size = height_width(settings)
    decode = partial(decoded, size=size, crop=bool(settings.crop))
    wanted = [(part.split.images, part.indices) for part in parts]
    if settings.target == "masks":
        for part in parts:
            assert part.split.masks is not None, "`TARGETS` of the source says so"
            wanted.append((part.split.masks, part.indices))
    pixels: list[ByteArray] = []
    problems: list[str] = []
    for source, indices in wanted:
        try:
            if isinstance(source, Places):
                pixels.append(stacked(source[indices], decode))
            else:
                pixels.append(source(indices, size))
        except KnowError as error:
            problems += problem_lines(error)
    raise_all(problems, "these pictures cannot be read")
    images, masks = pixels[: len(parts)], pixels[len(parts) :]
    raise_all(
        [
            f"images are {image.shape[1:3]} pixels large, masks {mask.shape[1:]}"
            for image, mask in zip(images, masks, strict=bool(masks))
            if image.shape[:3] != mask.shape
        ],
        "pictures and masks differ, give `size`",
    )
    return images, masks


def stacked(places: Places, read: Callable[[BinaryIO], ByteArray]) -> ByteArray:
    """Read files, each with `read`, whose pictures have one size.

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


def lists_of(
    parts: Sequence[Chosen], settings: DatasetSettings, *, threads: int
) -> list[PictureList]:
    """List the pictures of each split after decoding each of them once.

    Raises:
        KnowError: naming every picture that cannot be read.
    """
    size = height_width(settings)
    assert size is not None, "the source's problems include it"
    places = []
    for part in parts:
        assert isinstance(part.split.images, Places), "`STREAMS` of the source says so"
        places.append(part.split.images[part.indices])
    return listed(places, size, crop=bool(settings.crop), threads=threads)


def captions_of(
    parts: Sequence[Chosen], settings: DatasetSettings
) -> tuple[list[IntArray], tuple[str, ...]]:
    """Return the captions of each split, and the vocabulary of the training split."""
    number, length = settings.captions, settings.length
    assert number is not None, "setting_problems asks for it"
    assert length is not None, "setting_problems asks for it"
    captions = []
    for part in parts:
        sentences = part.split.captions
        assert sentences is not None, "`TARGETS` of the source says so"
        captions.append([sentences[index][:number] for index in part.indices])
    vocabulary = vocabulary_of(
        chain.from_iterable(captions[0]),
        most=settings.vocabulary,
        least_count=settings.least_count or 1,
    )
    tokens = [
        encoded(some, vocabulary, number=number, length=length) for some in captions
    ]
    return tokens, vocabulary
