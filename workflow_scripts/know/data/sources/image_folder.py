"""Source `image-folder`: a tree {split}/{class}/{picture}, or {class}/{picture}.

Without the folders train and test, and without a word of the settings on splits, the
tree's first level is the classes, and the test split is drawn from the seed. Further
splits are left alone.
"""

import logging
from pathlib import Path

from know.data.class_folders import class_folders, subfolders
from know.data.raw import RawDataset, Source
from know.data.settings import DatasetSettings, split_names
from know.errors import KnowError, raise_all

HEEDS = ("train_splits", "test_splits", "crop")

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
    found = subfolders(folder)
    wanted = split_names(settings)
    are_named = settings.train_splits is not None or settings.test_splits is not None
    if not are_named and not {"train", "test"} & set(found):
        names, (pool,) = class_folders([[folder]], crop=bool(settings.crop))
        return RawDataset(pool, None, names)
    all_wanted = [*wanted["train"], *wanted["test"]]
    missing = [
        f"{folder} has no folder {name}" for name in all_wanted if name not in found
    ]
    raise_all(missing, "the splits cannot be used")
    others = sorted(set(found) - set(all_wanted))
    if others:
        _LOG.info(
            "%s: %s left out, wanted are %s", folder, others, " and ".join(all_wanted)
        )
    names, (train, test) = class_folders(
        [[folder / name for name in part] for part in wanted.values()],
        crop=bool(settings.crop),
    )
    return RawDataset(train, test, names)


SOURCE = Source(open_image_folder)
