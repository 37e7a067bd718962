"""Source `image-stream`: pictures too many to hold, which stay in their files.

A split is a tree {split}/{class}/{picture}, or shards {split}/*.tar as webdataset
writes them. The prepared data set lists the pictures; a training decodes them.
"""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from know.data.class_folders import class_folders, subfolders
from know.data.raw import RawDataset, RawSplit, Source, lacks, source_folder
from know.data.settings import DatasetSettings, class_indices, split_names
from know.data.tar_shards import places_in_shards, shards_in
from know.errors import KnowError, raise_all

HEEDS = ("train_splits", "test_splits", "crop")
STREAMS = True


def open_image_stream(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """List the pictures of both splits.

    Raises:
        KnowError: naming every unusable shard, or what there are too few pictures of.
    """
    folder = source_folder(settings, data_root)
    wanted = split_names(settings)
    if shards_in(folder / wanted[0][0]):
        names, splits = _in_shards(folder, wanted)
    else:
        names, splits = class_folders(folder, wanted)
    raw = RawDataset(splits[0], splits[1], names)
    raise_all(lacks(settings, raw), "there are too few pictures")
    return raw


def image_stream_problems(settings: DatasetSettings, data_root: Path) -> list[str]:
    """List the reasons why the pictures cannot be listed, without counting them.

    There may be millions, too many to list before every run.
    """
    problems = []
    if settings.size is None:
        problems.append("size should say what pictures are decoded to")
    try:
        folder = source_folder(settings, data_root)
    except KnowError as error:
        return [*problems, str(error)]
    folders = [folder / name for name in chain(*split_names(settings))]
    missing = [f"{folder} is no folder" for folder in folders if not folder.is_dir()]
    if missing:
        return problems + missing
    without_shards = [folder for folder in folders if not shards_in(folder)]
    if without_shards != folders:
        others = ", ".join(str(folder) for folder in without_shards)
        mixed = [f"some splits are shards, {others} are not"] if others else []
        return problems + mixed
    classes = set(chain.from_iterable(map(subfolders, folders)))
    if not classes:
        wanted = "shards *.tar nor folders of classes"
        return [*problems, f"{folders[0]} has neither {wanted}"]
    try:
        class_indices(settings, available=len(classes))
    except KnowError as error:
        problems.append(str(error))
    return problems


def _in_shards(
    folder: Path, wanted: Sequence[Sequence[str]]
) -> tuple[tuple[str, ...], list[RawSplit]]:
    """Names of the classes, which are numbers, and the pictures of each split."""
    splits = []
    for names in wanted:
        shards = list(chain.from_iterable(shards_in(folder / name) for name in names))
        places, labels_N = places_in_shards(folder, shards)
        splits.append(RawSplit(labels_N, places))
    number = 1 + max(int(split.labels.max()) for split in splits)
    return tuple(str(label) for label in range(number)), splits


SOURCE = Source(open_image_stream, problems=image_stream_problems)
