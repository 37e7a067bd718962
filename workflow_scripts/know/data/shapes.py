"""Source `shapes`: procedural pictures, in any number."""

from pathlib import Path

from know.data.arrays import ByteArray, IntArray
from know.data.raw import RawDataset, RawSplit
from know.data.rendering import render
from know.data.scenes import CLASS_NAMES, draw_scenes
from know.data.settings import DatasetSettings, class_indices, height_width
from know.errors import KnowError, raise_all

DEFAULT_SIZE = (32, 32)


def open_shapes(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Draw the scenes of both splits; `data_root` is not looked at.

    Returns:
        As many images as asked for, of the classes asked for, the first of an endless
        row each: 1,000 images are the first of 8,000 of the same seed.

    Raises:
        KnowError: naming what these settings lack.
    """
    raise_all(shapes_problems(settings, data_root), "shapes cannot be drawn")
    classes = class_indices(settings, available=len(CLASS_NAMES))
    names = tuple(CLASS_NAMES[index] for index in classes)
    train = _split(settings, classes, "train", settings.train)
    test = _split(settings, classes, "test", settings.test)
    return RawDataset(train, test, names)


def shapes_problems(settings: DatasetSettings, data_root: Path) -> list[str]:
    """What keeps these settings from being drawn."""
    counts = {"train": settings.train, "test": settings.test}
    problems = [
        f"{key} should say how many shapes to draw"
        for key, number in counts.items()
        if number is None
    ]
    size = height_width(settings) or DEFAULT_SIZE
    if size[0] != size[1]:
        problems.append(f"shapes are square, size asks for {size[0]} x {size[1]}")
    try:
        class_indices(settings, available=len(CLASS_NAMES))
    except KnowError as error:
        problems.append(str(error))
    return problems


def _split(
    settings: DatasetSettings, classes: list[int], split: str, number: int | None
) -> RawSplit:
    assert number is not None, "shapes_problems asks for both numbers"
    scenes = draw_scenes(number, seed=settings.seed, split=split, classes=classes)

    def read(indices: IntArray, size: tuple[int, int] | None) -> ByteArray:
        return render(scenes.part(indices), (size or DEFAULT_SIZE)[0])

    return RawSplit(scenes.labels, read)
