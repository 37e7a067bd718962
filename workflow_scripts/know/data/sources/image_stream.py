"""Source `image-stream`: pictures too many to hold, which stay in their files.

A split is a tree {split}/{class}/{picture}, or shards {split}/*.tar such as webdataset
writes. The prepared data set lists the pictures; a training decodes them.
"""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from know.data.arrays import IntArray
from know.data.class_folders import paths_by_class, subfolders
from know.data.places import Places, places_of_files
from know.data.raw import RawDataset, RawSplit, Source, class_counts, count_problems
from know.data.settings import DatasetSettings, class_indices, split_names
from know.data.tar_shards import places_in_shards, shards_in
from know.errors import KnowError, raise_all

HEEDS = ("train_splits", "test_splits", "crop")

Split = tuple[Places, IntArray]
"""Pictures, and the class of each."""


def open_image_stream(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """List the pictures of both splits.

    Raises:
        KnowError: naming every problem of the settings, every shard that cannot be
            used, or what there are too few pictures of.
    """
    raise_all(image_stream_problems(settings, data_root), "there are no pictures")
    folder = data_root / str(settings.path)
    folders = _folders_of_splits(settings, data_root)
    if shards_in(folders[0][0]):
        names, splits = _in_shards(folder, folders)
    else:
        names, listed = paths_by_class(folders)
        splits = [(places_of_files(folder, paths), labels) for paths, labels in listed]
    counts = [class_counts(labels_N, len(names)) for _, labels_N in splits]
    raise_all(count_problems(settings, *counts), "there are too few pictures")
    train, test = (RawSplit(labels_N, places=places) for places, labels_N in splits)
    return RawDataset(train, test, names)


def image_stream_problems(settings: DatasetSettings, data_root: Path) -> list[str]:
    """What keeps the pictures from being listed; they are not looked at, nor counted.

    A data set for this source is too large to be listed before every run.
    """
    problems = []
    if settings.size is None:
        problems.append("size should say what pictures are decoded to")
    if settings.path is None:
        return [*problems, "path should name the folder of the splits"]
    folders = list(chain.from_iterable(_folders_of_splits(settings, data_root)))
    missing = [f"{folder} is no folder" for folder in folders if not folder.is_dir()]
    if missing:
        return problems + missing
    have_shards = {folder for folder in folders if shards_in(folder)}
    if have_shards and have_shards != set(folders):
        others = ", ".join(
            str(folder) for folder in folders if folder not in have_shards
        )
        problems.append(f"some splits are shards, {others} are not")
    if not have_shards:
        problems += _class_problems(settings, folders)
    return problems


def _class_problems(settings: DatasetSettings, folders: Sequence[Path]) -> list[str]:
    classes = sorted(set(chain.from_iterable(subfolders(f) for f in folders)))
    if not classes:
        return [f"{folders[0]} has neither shards *.tar nor folders of classes"]
    try:
        class_indices(settings, available=len(classes))
    except KnowError as error:
        return [str(error)]
    return []


def _folders_of_splits(settings: DatasetSettings, data_root: Path) -> list[list[Path]]:
    """Folders of the training split and of the test split."""
    folder = data_root / str(settings.path)
    return [
        [folder / name for name in names] for names in split_names(settings).values()
    ]


def _in_shards(
    folder: Path, folders: Sequence[Sequence[Path]]
) -> tuple[tuple[str, ...], list[Split]]:
    """Names of the classes, which are numbers, and the pictures of each split."""
    splits: list[Split] = []
    for part in folders:
        shards = list(chain.from_iterable(shards_in(one) for one in part))
        splits.append(places_in_shards(folder, shards))
    number = 1 + max(int(labels_N.max()) for _, labels_N in splits)
    return tuple(str(label) for label in range(number)), splits


SOURCE = Source(open_image_stream, problems=image_stream_problems)
