"""Source `mask-folder`: pictures in {split}/images, masks in {split}/masks.

A picture and its mask share their name up to the ending. A mask is a picture of one
channel, grey or of a palette, whose values are the numbers of the classes: the lines of
classes.txt, from 0. One value may stand for pixels that do not count.
"""

import io
import logging
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from know.data.arrays import IGNORE, ByteArray, IntArray
from know.data.class_folders import pictures_in, subfolders
from know.data.decoding import UNREADABLE, Size, upright_picture, upright_size
from know.data.picture_list import Places
from know.data.raw import (
    RawDataset,
    RawSplit,
    Source,
    problem_lines,
    source_folder,
)
from know.data.reading import stacked
from know.data.settings import DatasetSettings, split_names
from know.errors import KnowError, raise_all
from know.sheets import read_text

TARGETS = ("masks",)
HEEDS = ("train_splits", "test_splits", "ignore")

_LOG = logging.getLogger("know")

_UNKNOWN = -1

_Pairs = dict[str, str]
"""Files of masks by the files of their pictures."""


def open_mask_folder(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Pair the pictures with their masks."""
    folder = source_folder(settings, data_root)
    names, problems = _class_names(folder / "classes.txt")
    wanted = split_names(settings)
    pairs: list[_Pairs] = [{}, {}]
    for part, splits in zip(pairs, wanted, strict=True):
        for split in splits:
            found, unpaired = _paired(folder, split)
            part |= found
            problems += unpaired
    raise_all(problems, f"the masks in {folder} cannot be used")
    others = set(subfolders(folder)).difference(*wanted)
    if others:
        _LOG.info("%s: %s left out", folder, sorted(others))
    class_of_value = _class_of_value(len(names), settings.ignore)
    train, test = (_split(folder, part, class_of_value) for part in pairs)
    kept = [name for value, name in enumerate(names) if value != settings.ignore]
    return RawDataset(train, test, tuple(kept))


SOURCE = Source(open_mask_folder)


def _class_names(path: Path) -> tuple[list[str], list[str]]:
    """Names of the classes, and the problems of their file."""
    if not path.is_file():
        return [], [f"wanted one class per line, found no file at {path}"]
    try:
        names = [name.strip() for name in read_text(path).rstrip().split("\n")]
    except KnowError as error:
        return [], [str(error)]
    if names == [""] or len(names) > IGNORE:
        return [], [f"{path} should name 1 to {IGNORE} classes"]
    return names, [
        f"{path}, line {line}: wanted a class of its own, found {name!r}"
        for line, name in enumerate(names, start=1)
        if not name or name in names[: line - 1]
    ]


def _paired(folder: Path, split: str) -> tuple[_Pairs, list[str]]:
    """Pictures of a split with their masks, and the problems of its folders."""
    parts = [folder / split / "images", folder / split / "masks"]
    missing = [f"there is no folder {part}" for part in parts if not part.is_dir()]
    if missing:
        return {}, missing
    problems = []
    images: dict[str, str] = {}
    masks: dict[str, str] = {}
    for part, file_of_stem in zip(parts, (images, masks), strict=True):
        for path in pictures_in(part):
            file = path.relative_to(folder).as_posix()
            if path.stem in file_of_stem:
                other = folder / file_of_stem[path.stem]
                problems.append(f"{path} shares its name with {other}")
            file_of_stem[path.stem] = file
    problems += [
        f"{folder / images[n]} has no mask" for n in sorted(images.keys() - masks)
    ]
    problems += [
        f"{folder / masks[n]} has no picture" for n in sorted(masks.keys() - images)
    ]
    if not images and not problems:
        problems = [f"there is no picture in {parts[0]}"]
    pairs = {images[stem]: masks[stem] for stem in sorted(images.keys() & masks)}
    return pairs, problems


def _class_of_value(num_values: int, ignore: int | None) -> NDArray[np.int16]:
    """Class of each of the 256 values of a mask file, or `_UNKNOWN`."""
    class_of_value = np.full(256, _UNKNOWN, dtype=np.int16)
    values = [value for value in range(num_values) if value != ignore]
    class_of_value[values] = np.arange(len(values))
    if ignore is not None:
        class_of_value[ignore] = IGNORE
    return class_of_value


def _split(folder: Path, pairs: _Pairs, class_of_value: NDArray[np.int16]) -> RawSplit:
    images = Places.of_files(folder, list(pairs.keys()))
    masks = Places.of_files(folder, list(pairs.values()))

    def read_masks(indices: IntArray, size: Size) -> ByteArray:
        one = partial(_read_mask, size=size, class_of_value=class_of_value)
        problems = _misfits(images[indices], masks[indices])
        try:
            found = stacked(masks[indices], one)
        except KnowError as error:
            problems += problem_lines(error)
        raise_all(problems, "these masks cannot be used")
        return found

    return RawSplit(np.zeros(len(pairs), dtype=np.int64), images, read_masks)


def _misfits(images: Places, masks: Places) -> list[str]:
    """List the masks of another size than their pictures, unless one is unreadable."""
    problems = []
    for number in range(len(masks)):
        try:
            (height, width), wanted = (
                upright_size(io.BytesIO(places.content(number)))
                for places in (masks, images)
            )
        except UNREADABLE:
            continue
        if (height, width) != wanted:
            problems.append(
                f"{masks.name(number)}: {height} x {width} pixels, its picture has "
                f"{wanted[0]} x {wanted[1]}"
            )
    return problems


def _read_mask(
    file: BinaryIO, *, size: Size, class_of_value: NDArray[np.int16]
) -> ByteArray:
    from PIL import Image

    picture = upright_picture(file)
    if picture.mode not in ("L", "P"):
        raise KnowError(f"class numbers wanted (mode L or P), found {picture.mode}")
    values = np.asarray(picture)
    classes = class_of_value[values]
    unknown = np.unique(values[classes == _UNKNOWN]).tolist()
    if unknown:
        raise KnowError(
            f"the values {unknown} are neither lines of classes.txt nor `ignore`"
        )
    mask = Image.fromarray(classes.astype(np.uint8))
    if size is not None:
        mask = mask.resize(size[::-1], Image.Resampling.NEAREST)
    return np.asarray(mask)
