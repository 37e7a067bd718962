"""Source `image-folder`: a tree {split}/{class}/{picture}, or {class}/{picture}.

If there are no folders `train` and `test`, and the settings name no splits, the first
level of the tree is the classes and the test split is drawn from the seed. Further
splits are left out.
"""

import logging
from pathlib import Path

from know.data.class_folders import class_folders, subfolders
from know.data.raw import RawDataset, Source, source_folder
from know.data.settings import DatasetSettings, split_names
from know.errors import raise_all

HEEDS = ("train_splits", "test_splits", "crop")

_LOG = logging.getLogger("know")


def open_image_folder(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """List the pictures of a tree of folders."""
    folder = source_folder(settings, data_root)
    found = set(subfolders(folder))
    are_named = settings.train_splits is not None or settings.test_splits is not None
    if not are_named and not {"train", "test"} & found:
        names, (pool,) = class_folders(folder, [["."]])
        return RawDataset(pool, None, names)
    wanted = split_names(settings)
    missing = [
        f"{folder} has no folder {name}"
        for part in wanted
        for name in part
        if name not in found
    ]
    raise_all(missing, "the splits cannot be used")
    others = found.difference(*wanted)
    if others:
        _LOG.info("%s: %s left out, no splits of the settings", folder, sorted(others))
    names, (train, test) = class_folders(folder, wanted)
    return RawDataset(train, test, names)


SOURCE = Source(open_image_folder)
