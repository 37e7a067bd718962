"""What the config says about one data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from know.data.arrays import LABEL_DTYPES, SPECIAL_WORDS, Target
from know.errors import KnowError

SOURCE_SETTINGS = (
    *("train_splits", "test_splits", "held_out"),
    *("style", "grain", "objects", "ignore", "crop"),
)
"""Settings that only some sources heed."""
_CAPTION_SETTINGS = {
    "captions": 1,
    "length": 3,
    "vocabulary": len(SPECIAL_WORDS) + 1,
    "least_count": 1,
}
"""Smallest value of each setting of captions."""


@dataclass(frozen=True, kw_only=True)
class DatasetSettings:
    """One data set of the config; `setting_problems` says what is wrong with it."""

    source: str
    """Key of `know.data.sources.SOURCES`."""
    path: str | None = None
    """Folder of the files, relative to the data root."""
    name: str | None = None
    """torchvision's data set."""
    size: int | Sequence[int] | None = None
    """Side in pixels, or (height, width); none for the size that the images have."""
    crop: bool | None = None
    """Whether pictures are cut, about their centre, to the shape of `size` and not
    squeezed into it."""
    classes: Mapping[str, int] | Sequence[int] | None = None
    """Classes to keep, relabelled from 0: `{first, count}` or indices; none for all."""
    train: int | None = None
    """Training images to keep, class-balanced; none for all."""
    test: int | None = None
    """Test images to keep, class-balanced; none for all."""
    seed: int = 0
    """Seed of the generator, of a split that the source lacks, and of the subsets."""
    target: Target = "classes"
    """What an image is labelled with."""
    train_splits: Sequence[str] | None = None
    """Splits of a folder or a table that make the training images; none for `train`."""
    test_splits: Sequence[str] | None = None
    """The same for the test images."""
    held_out: str | None = None
    """Domain, or drawing style, of the test images; the others are for training."""
    style: str | None = None
    """Drawing style of shapes; none for `photo`."""
    grain: str | None = None
    """Catalogue of shapes, `coarse` or `fine`; none for `coarse`."""
    objects: int | None = None
    """Most objects of a scene of shapes, any number from 1 on being as likely."""
    ignore: int | None = None
    """Value in mask files of pixels that do not count."""
    captions: int | None = None
    """Captions an image: the first of more, repeated where there are fewer."""
    length: int | None = None
    """Tokens of a caption, start and end among them; longer ones are cut."""
    vocabulary: int | None = None
    """Most words, the special ones among them; none for no limit."""
    least_count: int | None = None
    """Times that a word occurs in training captions, at least; none for once."""


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


def split_names(settings: DatasetSettings) -> dict[str, tuple[str, ...]]:
    """The source's splits that make the training and the test images."""
    return {
        "train": tuple(settings.train_splits or ("train",)),
        "test": tuple(settings.test_splits or ("test",)),
    }


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
    if settings.crop and settings.size is None:
        problems.append("crop needs a size to cut pictures to")
    if not _is_class_choice(settings.classes):
        problems.append(
            "classes should be {first, count}, a list of different indices, or absent, "
            f"it is {settings.classes!r}"
        )
    if not _is_whole(settings.seed, least=0):
        problems.append(f"seed should be a whole number, it is {settings.seed!r}")
    if settings.objects is not None and not _is_whole(settings.objects, least=1):
        problems.append(f"objects should be 1 or more, it is {settings.objects!r}")
    if settings.ignore is not None and settings.ignore not in range(256):
        problems.append(f"ignore should be 0 to 255, it is {settings.ignore!r}")
    return problems + _target_problems(settings) + _split_problems(settings)


def _target_problems(settings: DatasetSettings) -> list[str]:
    if settings.target not in LABEL_DTYPES:
        known = sorted(LABEL_DTYPES)
        return [f"target should be one of {known}, it is {settings.target!r}"]
    given = {key: getattr(settings, key) for key in _CAPTION_SETTINGS}
    if settings.target != "captions":
        return [
            f"{key} is for target captions, target is {settings.target}"
            for key, value in given.items()
            if value is not None
        ]
    required = {"captions", "length"}
    return [
        f"{key} should be a whole number, at least {least}, it is {given[key]!r}"
        for key, least in _CAPTION_SETTINGS.items()
        if not (given[key] is None and key not in required)
        and not _is_whole(given[key], least=least)
    ]


def _split_problems(settings: DatasetSettings) -> list[str]:
    given = {key: getattr(settings, key) for key in ("train_splits", "test_splits")}
    problems = [
        f"{key} should be a list of names, it is {value!r}"
        for key, value in given.items()
        if value is not None and not _is_name_list(value)
    ]
    if problems:
        return problems
    names = split_names(settings)
    shared = sorted(set(names["train"]) & set(names["test"]))
    return [f"{shared} are both training and test splits"] if shared else []


def _is_whole(value: Any, *, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_size(value: Any) -> bool:
    if value is None or _is_whole(value, least=1):
        return True
    is_pair = isinstance(value, Sequence) and not isinstance(value, str)
    return is_pair and len(value) == 2 and all(_is_whole(v, least=1) for v in value)


def _is_name_list(value: Any) -> bool:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return is_list and len(value) > 0 and all(isinstance(v, str) for v in value)


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
