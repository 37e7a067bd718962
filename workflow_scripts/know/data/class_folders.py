"""Trees {class}/{picture}, one or several per split."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from know.data.picture_list import Places
from know.data.pictures import pictures_in
from know.data.raw import RawSplit
from know.errors import raise_all

_Tree = dict[str, list[Path]]
"""Pictures by class."""


def class_folders(
    folder: Path, splits: Sequence[Sequence[str]]
) -> tuple[tuple[str, ...], list[RawSplit]]:
    """List the pictures of trees.

    Args:
        folder: folder that holds all trees.
        splits: names of the trees of each split, the training split first.

    Returns:
        Class names in alphabetical order over all trees, and the pictures of each
        split, class by class.

    Raises:
        KnowError: naming every tree, if none has a class, and every class without a
            training picture.
    """
    roots = [[folder / name for name in split] for split in splits]
    trees = [_merged([_pictures_by_class(root) for root in some]) for some in roots]
    names = tuple(sorted(set().union(*trees)))
    train_roots = " or ".join(str(root) for root in roots[0])
    problems = [
        f"{root} has no {{class}}/{{picture}}"
        for some in roots
        for root in some
        if not names
    ]
    problems += [
        f"class {name!r} has no picture in {train_roots}"
        for name in names
        if not trees[0].get(name)
    ]
    raise_all(problems, "the pictures cannot be used")
    return names, [_split(folder, tree, names) for tree in trees]


def subfolders(folder: Path) -> list[str]:
    """Return the sorted names of the folders in a folder, without hidden ones."""
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.is_dir() and not path.name.startswith(".")
    )


def _pictures_by_class(root: Path) -> _Tree:
    return {name: pictures_in(root / name) for name in subfolders(root)}


def _merged(trees: list[_Tree]) -> _Tree:
    names = set().union(*trees)
    return {name: [p for tree in trees for p in tree.get(name, [])] for name in names}


def _split(folder: Path, tree: _Tree, names: tuple[str, ...]) -> RawSplit:
    paths = [path for name in names for path in tree.get(name, [])]
    sizes = [len(tree.get(name, [])) for name in names]
    labels_N = np.repeat(np.arange(len(names), dtype=np.int64), sizes)
    files = [path.relative_to(folder).as_posix() for path in paths]
    return RawSplit(labels_N, Places.of_files(folder, files))
