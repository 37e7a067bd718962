"""Settings of one data set of the config."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from know.data.arrays import Target
from know.errors import KnowError

SOURCE_SETTINGS = (
    *("train_splits", "test_splits", "held_out"),
    *("style", "grain", "objects", "ignore", "crop"),
)
"""Settings that only some sources use."""
_CAPTION_SETTINGS = ("captions", "length", "vocabulary", "least_count")


@dataclass(frozen=True, kw_only=True)
class DatasetSettings:
    """One data set of the config; ranges are checked by `config/schemas`."""

    source: str
    """Key of `know.data.sources.SOURCES`."""
    path: str | None = None
    """Folder of the files, relative to the data root."""
    name: str | None = None
    """torchvision's data set."""
    size: int | Sequence[int] | None = None
    """Side in pixels, or (height, width); by default the size that the images have."""
    crop: bool | None = None
    """Whether pictures are cropped about their centre to the shape of `size`, instead
    of being squeezed into it."""
    classes: Mapping[str, int] | Sequence[int] | None = None
    """Classes to keep, relabelled from 0: `{first, count}` or indices; default all."""
    train: int | None = None
    """Training images to keep, each class its share; default all."""
    test: int | None = None
    """Test images to keep, each class its share; default all."""
    seed: int = 0
    """Seed of the generator, of a split that the source lacks, and of the subsets."""
    target: Target = "classes"
    """Kind of labels."""
    train_splits: Sequence[str] | None = None
    """Splits of a folder or a table that make the training images; default `train`."""
    test_splits: Sequence[str] | None = None
    """Splits that make the test images; default `test`."""
    held_out: str | None = None
    """Domain, or drawing style, of the test images; the others are for training."""
    style: str | None = None
    """Drawing style of shapes; default `photo`."""
    grain: str | None = None
    """Catalogue of shapes, `coarse` or `fine`; default `coarse`."""
    objects: int | None = None
    """Most objects of a scene of shapes; every number from 1 on is equally likely."""
    ignore: int | None = None
    """Value in mask files of pixels that do not count."""
    captions: int | None = None
    """Captions per image: the first of more, repeated if there are fewer."""
    length: int | None = None
    """Tokens of a caption, including start and end; longer ones are cut."""
    vocabulary: int | None = None
    """Most words, including the special ones; default no limit."""
    least_count: int | None = None
    """Fewest times that a word occurs in training captions; default once."""


def height_width(settings: DatasetSettings) -> tuple[int, int] | None:
    """Return the size asked for in pixels, or none for the images' own."""
    if settings.size is None:
        return None
    if isinstance(settings.size, int):
        return settings.size, settings.size
    height, width = settings.size
    return height, width


def class_indices(settings: DatasetSettings, *, available: int) -> list[int]:
    """Return which of the source's classes to keep, in the order of their new labels.

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


def split_names(settings: DatasetSettings) -> list[Sequence[str]]:
    """Return the source's splits that make the training and the test images."""
    return [settings.train_splits or ["train"], settings.test_splits or ["test"]]


def setting_problems(settings: DatasetSettings) -> list[str]:
    """List the contradictions between settings that the config's schema cannot see."""
    problems = []
    if settings.crop and settings.size is None:
        problems.append("crop needs a size to crop pictures to")
    given = [key for key in _CAPTION_SETTINGS if getattr(settings, key) is not None]
    if settings.target != "captions":
        problems += [f"{key} is only for target captions" for key in given]
    elif not {"captions", "length"} <= set(given):
        problems.append("target captions needs `captions` and `length`")
    chosen = settings.classes or [0, 1]
    number = chosen["count"] if isinstance(chosen, Mapping) else len(chosen)
    if settings.target == "classes" and number < 2:
        problems.append("classes should keep two classes or more")
    shared = sorted(set.intersection(*map(set, split_names(settings))))
    if shared:
        problems.append(f"{shared} are both training and test splits")
    return problems
