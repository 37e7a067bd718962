"""Source `image_folder`: a tree {train,test}/{class}/{picture}, or {class}/{picture}.

Without the folders train and test, the tree's first level is the classes, and the test
split is drawn from the seed. Further splits beside train and test are left alone.
"""

import logging
from pathlib import Path

import numpy as np

from know.data.pictures import SUFFIXES, file_split
from know.data.raw import RawDataset, RawSplit, problems_of_opening
from know.data.settings import DatasetSettings
from know.errors import KnowError, raise_all

_LOG = logging.getLogger("know")


def open_image_folder(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """List the pictures of a tree of folders.

    Raises:
        KnowError: if the folder is missing or half split, has no pictures, or has a
            class without training pictures.
    """
    if settings.path is None:
        raise KnowError("path should name the folder of the classes")
    folder = data_root / settings.path
    if not folder.is_dir():
        raise KnowError(f"wanted a folder of classes, found none at {folder}")
    splits = [name for name in ("train", "test") if (folder / name).is_dir()]
    if len(splits) == 1:
        raise KnowError(f"{folder} has {splits[0]} but not both of train and test")
    _log_what_is_left_out(folder, splits)
    if not splits:
        names, (pool,) = _listed([folder])
        return RawDataset(pool, None, names)
    names, (train, test) = _listed([folder / name for name in splits])
    return RawDataset(train, test, names)


image_folder_problems = problems_of_opening(open_image_folder)


def _listed(roots: list[Path]) -> tuple[tuple[str, ...], list[RawSplit]]:
    """Class names over all roots, and each root's pictures labelled by them."""
    trees = [_pictures_by_class(root) for root in roots]
    names = tuple(sorted(set().union(*trees)))
    problems = [f"{root} has no {{class}}/{{picture}}" for root in roots if not names]
    problems += [
        f"class {name!r} has no picture in {roots[0]}"
        for name in names
        if not trees[0].get(name)
    ]
    raise_all(problems, "the pictures cannot be used")
    splits = []
    for tree in trees:
        paths = [path for name in names for path in tree.get(name, [])]
        sizes = [len(tree.get(name, [])) for name in names]
        labels = np.repeat(np.arange(len(names), dtype=np.int64), sizes)
        splits.append(file_split(paths, labels))
    return names, splits


def _pictures_by_class(root: Path) -> dict[str, list[Path]]:
    tree: dict[str, list[Path]] = {}
    for folder in root.iterdir():
        if folder.name.startswith(".") or not folder.is_dir():
            continue
        entries = sorted(folder.iterdir())
        tree[folder.name] = [path for path in entries if _is_picture(path)]
        num_others = len(entries) - len(tree[folder.name])
        if num_others:
            _LOG.info("%s: %d entries left out, no pictures", folder, num_others)
    return tree


def _log_what_is_left_out(folder: Path, splits: list[str]) -> None:
    others = {path.name for path in folder.iterdir() if path.is_dir()} - set(splits)
    if splits and others:
        _LOG.info("%s: %s left out, wanted are train and test", folder, sorted(others))


def _is_picture(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() in SUFFIXES
