"""The one pass over pictures that are going to be streamed.

It decodes every picture, so that a damaged one is found before the training starts, and
takes their checksums and their mean.
"""

import io
import logging
import zlib
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from know.data.decoding import UNREADABLE, decoded
from know.data.picture_list import PictureList, Places
from know.errors import raise_all

log = logging.getLogger("know")

_BLOCK = 64
"""Pictures that a thread decodes as one task."""
_BLOCKS_PER_LINE = 1000
"""Blocks between two lines of the log."""


@dataclass
class _Findings:
    total_HWC: NDArray[np.int64]
    """Sum of the pictures, exact, so that their order makes no difference."""
    lengths: list[int] = field(default_factory=list)
    checksums: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def listed(
    splits: Sequence[Places], size: tuple[int, int], *, crop: bool, threads: int
) -> list[PictureList]:
    """Decode every picture once, and list them.

    Args:
        splits: places of the pictures of each split.
        size: (height, width) that they are decoded to, in pixels.
        crop: as in `know.data.decoding.decoded`.
        threads: number of threads that decode.

    Returns:
        A list for each split.

    Raises:
        KnowError: naming every picture of any split that cannot be read.
    """
    with ThreadPoolExecutor(threads) as pool:
        found = [_decode_all(places, size, crop, pool) for places in splits]
    raise_all(
        [problem for findings in found for problem in findings.problems],
        "these pictures cannot be read",
    )
    return [
        _list(places, findings, crop=crop)
        for places, findings in zip(splits, found, strict=True)
    ]


def _decode_all(
    places: Places, size: tuple[int, int], crop: bool, pool: Executor
) -> _Findings:
    number = len(places)
    blocks = [range(i, min(number, i + _BLOCK)) for i in range(0, number, _BLOCK)]
    decode = partial(_decode, places, size=size, crop=crop)
    findings = _Findings(np.zeros((*size, 3), dtype=np.int64))
    for count, block in enumerate(pool.map(decode, blocks), start=1):
        findings.total_HWC += block.total_HWC
        findings.lengths += block.lengths
        findings.checksums += block.checksums
        findings.problems += block.problems
        if count % _BLOCKS_PER_LINE == 0:
            log.info("%d of %d pictures decoded", count * _BLOCK, number)
    return findings


def _decode(
    places: Places, numbers: range, *, size: tuple[int, int], crop: bool
) -> _Findings:
    findings = _Findings(np.zeros((*size, 3), dtype=np.int64))
    for number in numbers:
        try:
            content = places.content(number)
            picture_HWC = decoded(io.BytesIO(content), size, crop=crop)
        except UNREADABLE as error:
            findings.problems.append(f"{places.name(number)}: {error}")
        else:
            findings.total_HWC += picture_HWC
            findings.lengths.append(len(content))
            findings.checksums.append(zlib.crc32(content))
    return findings


def _list(places: Places, findings: _Findings, *, crop: bool) -> PictureList:
    places_N3 = places.places_N3.copy()
    places_N3[:, 2] = findings.lengths
    mean_HWC = findings.total_HWC.astype(np.float64) / len(places) / 255
    return PictureList(
        Places(places.folder, places.files, places_N3),
        np.array(findings.checksums, dtype=np.int64),
        mean_HWC.astype(np.float32),
        crop,
    )
