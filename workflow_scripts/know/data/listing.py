"""The one pass over pictures that are going to be streamed.

It decodes every picture, so that a damaged one is found before the training starts, and
takes their checksums and their mean.
"""

import io
import logging
import zlib
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from know.data.arrays import IntArray
from know.data.decoding import UNREADABLE, decoded
from know.data.picture_list import PictureList, Places
from know.errors import raise_all

_LOG = logging.getLogger("know")

_BLOCK = 64
"""Pictures that a thread decodes as one task."""
_BLOCKS_PER_LINE = 1000
"""Blocks between two lines of the log."""


def listed(
    splits: Sequence[Places], size: tuple[int, int], *, crop: bool, threads: int
) -> list[PictureList]:
    """Decode every picture of each split once, on several threads, and list them.

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
