"""Folders of pictures, and trees {class}/{picture}, one or several per split."""

import logging
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from know.data.picture_list import Places
from know.data.raw import RawSplit
from know.errors import raise_all

_LOG = logging.getLogger("know")

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Endings, in lower case, of the files that are taken for pictures."""


def class_folders(
    folder: Path, splits: Sequence[Sequence[str]]
) -> tuple[tuple[str, ...], list[RawSplit]]:
    """List the pictures of the trees in `folder` that each split names.

    Returns:
        Class names in alphabetical order over all trees, and the pictures of each
        split, class by class.

    Raises:
        KnowError: naming every tree, if none has a class, and every class without a
            training picture.
    """
    roots = [[folder / name for name in split] for split in splits]
    every = list(chain.from_iterable(roots))
    names = tuple(sorted(set(chain.from_iterable(map(subfolders, every)))))
    if not names:
        problems = [f"{root} has no {{class}}/{{picture}}" for root in every]
        raise_all(problems, "the pictures cannot be used")
    parts = [_split(folder, some, names) for some in roots]
    train_roots = " or ".join(str(root) for root in roots[0])
    train_C = np.bincount(parts[0].labels, minlength=len(names))
    problems = [
        f"class {name!r} has no picture in {train_roots}"
        for name, number in zip(names, train_C, strict=True)
        if number == 0
    ]
    raise_all(problems, "the pictures cannot be used")
    return names, parts


def subfolders(folder: Path) -> list[str]:
    """Return the sorted names of the folders in a folder, without hidden ones."""
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.is_dir() and not path.name.startswith(".")
    )


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


def _split(folder: Path, roots: list[Path], names: tuple[str, ...]) -> RawSplit:
    files: list[str] = []
    sizes = []
    for name in names:
        folders = [root / name for root in roots if (root / name).is_dir()]
        found = list(chain.from_iterable(map(pictures_in, folders)))
        files += [path.relative_to(folder).as_posix() for path in found]
        sizes.append(len(found))
    labels_N = np.repeat(np.arange(len(names), dtype=np.int64), sizes)
    return RawSplit(labels_N, Places.of_files(folder, files))
