"""Source `domain-folder`: a tree {domain}/{class}/{picture}, such as that of PACS.

All pictures of the domain held out are for testing, those of the others for training.
"""

from pathlib import Path

from know.data.class_folders import class_folders, subfolders
from know.data.raw import RawDataset, Source, source_folder
from know.data.settings import DatasetSettings
from know.errors import KnowError

HEEDS = ("held_out", "crop")


def open_domain_folder(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """List the pictures of every domain."""
    folder = source_folder(settings, data_root)
    domains = subfolders(folder)
    if settings.held_out not in domains or len(domains) < 2:
        raise KnowError(
            "held_out should be one of at least two domains, it is "
            f"{settings.held_out!r}, {folder} has {domains}"
        )
    others = [name for name in domains if name != settings.held_out]
    names, (train, test) = class_folders(folder, [others, [settings.held_out]])
    return RawDataset(train, test, names)


SOURCE = Source(open_domain_folder)
