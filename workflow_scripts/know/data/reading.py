"""Reading the chosen images of both splits: pixels, masks, captions, or lists."""

import io
import logging
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import BinaryIO

import numpy as np

from know.data.arrays import ByteArray, IntArray
from know.data.captions import encoded, vocabulary_of
from know.data.cut import Chosen
from know.data.decoding import UNREADABLE, decoded, resized
from know.data.picture_list import PictureList, Places
from know.data.raw import problem_lines
from know.data.settings import DatasetSettings, height_width
from know.errors import KnowError, raise_all

_LOG = logging.getLogger("know")

_BLOCK = 64
"""Pictures that a thread decodes as one task."""
_BLOCKS_PER_LINE = 1000
"""Blocks between two lines of the log."""


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
    if settings.target in ("masks", "text"):
        for part in parts:
            assert part.split.masks is not None, "`TARGETS` of the source says so"
            wanted.append((part.split.masks, part.indices))
    pixels: list[ByteArray] = []
    problems: list[str] = []
    for source, indices in wanted:
        try:
            if isinstance(source, Places):
                pixels.append(stacked(source[indices], decode))
            elif isinstance(source, np.ndarray):
                pixels.append(resized(source[indices], size))
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
    pictures = np.empty(0, dtype=np.uint8)
    sizes: set[tuple[int, ...]] = set()
    problems: list[str] = []
    for number in range(len(places)):
        try:
            picture = read(io.BytesIO(places.content(number)))
        except UNREADABLE as error:
            problems.append(f"{places.name(number)}: {error}")
            continue
        if not sizes:
            pictures = np.empty((len(places), *picture.shape), dtype=np.uint8)
        sizes.add(picture.shape[:2])
        if len(sizes) == 1:
            pictures[number] = picture
    raise_all(problems, "these pictures cannot be read")
    if len(sizes) > 1:
        some = ", ".join(f"{h} x {w}" for h, w in sorted(sizes)[:5])
        raise KnowError(
            f"wanted pictures of one size, found {len(sizes)} sizes ({some} ...) under "
            f"{places.folder}; give `size`"
        )
    return pictures


def listed(
    splits: Sequence[Places], size: tuple[int, int], *, crop: bool, threads: int
) -> list[PictureList]:
    """Decode every picture of each split once, on several threads, and list them.

    So a damaged one is found before the training starts that streams them.
    `size` and `crop` are as in `know.data.decoding.decoded`.

    Raises:
        KnowError: naming every picture of any split that cannot be read.
    """
    problems: list[str] = []
    with ThreadPoolExecutor(threads) as pool:
        lists = [_listed(places, size, crop, pool, problems) for places in splits]
    raise_all(problems, "these pictures cannot be read")
    return lists


def _listed(
    places: Places,
    size: tuple[int, int],
    crop: bool,
    pool: Executor,
    problems: list[str],
) -> PictureList:
    """List the pictures of one split; `problems` gets those that cannot be read."""
    number = len(places)
    places_N3 = places.places_N3.copy()
    checksums_N = np.zeros(number, dtype=np.int64)
    # A sum of whole numbers is exact, so the order of the pictures makes no difference.
    total_HWC = np.zeros((*size, 3), dtype=np.int64)

    def decode(block: range) -> tuple[IntArray, list[str]]:
        """Return the sum of a block's pictures, and what is wrong with them."""
        sum_HWC, wrong = np.zeros_like(total_HWC), []
        for index in block:
            try:
                content = places.content(index)
                sum_HWC += decoded(io.BytesIO(content), size, crop=crop)
            except UNREADABLE as error:
                wrong.append(f"{places.name(index)}: {error}")
            else:
                places_N3[index, 2] = len(content)
                checksums_N[index] = zlib.crc32(content)
        return sum_HWC, wrong

    blocks = [range(i, min(number, i + _BLOCK)) for i in range(0, number, _BLOCK)]
    for count, (sum_HWC, wrong) in enumerate(pool.map(decode, blocks), start=1):
        total_HWC += sum_HWC
        problems += wrong
        if count % _BLOCKS_PER_LINE == 0:
            _LOG.info("%d of %d pictures decoded", count * _BLOCK, number)
    mean_HWC = total_HWC.astype(np.float64) / number / 255
    listed_places = replace(places, places_N3=places_N3)
    return PictureList(listed_places, checksums_N, mean_HWC.astype(np.float32), crop)


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
