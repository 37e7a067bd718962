"""Trees {class}/{picture}, one or several a split."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from know.data.arrays import IntArray
from know.data.pictures import file_split, pictures_in
from know.data.raw import RawSplit
from know.errors import raise_all


def class_folders(
    splits: Sequence[Sequence[Path]], *, crop: bool = False
) -> tuple[tuple[str, ...], list[RawSplit]]:
    """Pictures of trees, to be read when asked; as `paths_by_class`."""
    names, listed = paths_by_class(splits)
    return names, [file_split(paths, labels, crop=crop) for paths, labels in listed]


def paths_by_class(
    splits: Sequence[Sequence[Path]],
) -> tuple[tuple[str, ...], list[tuple[list[Path], IntArray]]]:
    """List the pictures of trees.

    Args:
        splits: the trees of each split, the training split first.

    Returns:
        Class names in alphabetical order over all trees; the pictures of each split,
        class by class, with the class of each, shape (N,).

    Raises:
        KnowError: naming every tree without a class, if none has any, and every class
            without a training picture.
    """
    trees = [_merged([_pictures_by_class(root) for root in roots]) for roots in splits]
    names = tuple(sorted(set().union(*trees)))
    train_roots = " or ".join(str(root) for root in splits[0])
    problems = [
        f"{root} has no {{class}}/{{picture}}"
        for roots in splits
        for root in roots
        if not names
    ]
    problems += [
        f"class {name!r} has no picture in {train_roots}"
        for name in names
        if not trees[0].get(name)
    ]
    raise_all(problems, "the pictures cannot be used")
    return names, [_split(tree, names) for tree in trees]


def subfolders(folder: Path) -> list[str]:
    """Names of the folders in a folder, but for hidden ones."""
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.is_dir() and not path.name.startswith(".")
    )


def _pictures_by_class(root: Path) -> dict[str, list[Path]]:
    return {name: pictures_in(root / name) for name in subfolders(root)}


def _merged(trees: list[dict[str, list[Path]]]) -> dict[str, list[Path]]:
    names = set().union(*trees)
    return {name: [p for tree in trees for p in tree.get(name, [])] for name in names}


def _split(
    tree: dict[str, list[Path]], names: tuple[str, ...]
) -> tuple[list[Path], IntArray]:
    paths = [path for name in names for path in tree.get(name, [])]
    sizes = [len(tree.get(name, [])) for name in names]
    return paths, np.repeat(np.arange(len(names), dtype=np.int64), sizes)
