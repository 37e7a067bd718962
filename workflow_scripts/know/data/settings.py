"""What the config says about one data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from know.errors import KnowError


@dataclass(frozen=True, kw_only=True)
class DatasetSettings:
    """One data set of the config; `setting_problems` says what is wrong with it."""

    source: str
    """Key of `know.data.sources.SOURCES`."""
    path: str | None = None
    """Folder, relative to the data root, of an npz, image_folder or labels_csv set."""
    name: str | None = None
    """torchvision's data set."""
    size: int | Sequence[int] | None = None
    """Side in pixels, or (height, width); none for the size that the images have."""
    classes: Mapping[str, int] | Sequence[int] | None = None
    """Classes to keep, relabelled from 0: `{first, count}` or indices; none for all."""
    train: int | None = None
    """Training images to keep, class-balanced; none for all."""
    test: int | None = None
    """Test images to keep, class-balanced; none for all."""
    seed: int = 0
    """Seed of the generator, of a split that the source lacks, and of the subsets."""


def height_width(settings: DatasetSettings) -> tuple[int, int] | None:
    """The size asked for in pixels, or none for the images' own."""
    if settings.size is None:
        return None
    if isinstance(settings.size, int):
        return settings.size, settings.size
    height, width = settings.size
    return height, width


def class_indices(settings: DatasetSettings, *, available: int) -> list[int]:
    """The source's classes to keep, in the order of their new labels.

    Args:
        settings: of the data set.
        available: number of classes that the source has.

    Raises:
        KnowError: naming every class asked for that the source does not have.
    """
    if settings.classes is None:
        return list(range(available))
    if isinstance(settings.classes, Mapping):
        first = settings.classes["first"]
        chosen = list(range(first, first + settings.classes["count"]))
    else:
        chosen = list(settings.classes)
    missing = [index for index in chosen if not 0 <= index < available]
    if missing:
        raise KnowError(
            f"classes asks for {missing}, the source has classes 0 to {available - 1}"
        )
    return chosen


def setting_problems(settings: DatasetSettings) -> list[str]:
    """What no source could serve, one line each."""
    counts = {"train": settings.train, "test": settings.test}
    problems = [
        f"{key} should be a number of images, at least 1, or absent, it is {value!r}"
        for key, value in counts.items()
        if not (value is None or _is_whole(value, least=1))
    ]
    if not _is_size(settings.size):
        problems.append(
            "size should be a side in pixels, a pair (height, width), or absent, "
            f"it is {settings.size!r}"
        )
    if not _is_class_choice(settings.classes):
        problems.append(
            "classes should be {first, count}, a list of different indices, or absent, "
            f"it is {settings.classes!r}"
        )
    if not _is_whole(settings.seed, least=0):
        problems.append(f"seed should be a whole number, it is {settings.seed!r}")
    return problems


def _is_whole(value: Any, *, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_size(value: Any) -> bool:
    if value is None or _is_whole(value, least=1):
        return True
    is_pair = isinstance(value, Sequence) and not isinstance(value, str)
    return is_pair and len(value) == 2 and all(_is_whole(v, least=1) for v in value)


def _is_class_choice(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, Mapping):
        return (
            set(value) == {"first", "count"}
            and _is_whole(value["first"], least=0)
            and _is_whole(value["count"], least=1)
        )
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return False
    return all(_is_whole(v, least=0) for v in value) and len(set(value)) == len(value)
