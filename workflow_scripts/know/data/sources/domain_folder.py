"""Source `domain-folder`: a tree {domain}/{class}/{picture}, as that of PACS.

All pictures of the domain held out are for testing, those of the others for training.
"""

from pathlib import Path

from know.data.class_folders import class_folders, subfolders
from know.data.raw import RawDataset, Source
from know.data.settings import DatasetSettings
from know.errors import KnowError

HEEDS = ("held_out", "crop")


def open_domain_folder(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """List the pictures of every domain.

    Raises:
        KnowError: if the folder is missing, has no domain of the name held out or no
            other, or a class is without training pictures.
    """
    if settings.path is None:
        raise KnowError("path should name the folder of the domains")
    folder = data_root / settings.path
    if not folder.is_dir():
        raise KnowError(f"wanted a folder of domains, found none at {folder}")
    domains = subfolders(folder)
    if settings.held_out not in domains or len(domains) < 2:
        raise KnowError(
            "held_out should be one of two domains or more, it is "
            f"{settings.held_out!r}, {folder} has {domains}"
        )
    others = [folder / name for name in domains if name != settings.held_out]
    names, (train, test) = class_folders(
        [others, [folder / settings.held_out]], crop=bool(settings.crop)
    )
    return RawDataset(train, test, names)


SOURCE = Source(open_domain_folder)
