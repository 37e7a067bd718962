"""Source `shapes`: procedural pictures, in any number, of any target."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from know.data.arrays import ByteArray, IntArray
from know.data.drawing.catalogues import CATALOGUES
from know.data.drawing.rendering import STYLES, masks, render
from know.data.drawing.scenes import Scenes, draw_scenes
from know.data.drawing.sentences import NUM_WORDINGS, sentence
from know.data.raw import RawDataset, RawSplit, Source
from know.data.settings import DatasetSettings, class_indices, height_width
from know.errors import KnowError

GENERATES = True
TARGETS = ("classes", "masks", "captions")
HEEDS = ("held_out", "style", "grain", "objects")

DEFAULT_SIZE = (32, 32)


def open_shapes(settings: DatasetSettings, data_root: Path) -> RawDataset:
    """Draw the scenes of both splits, each the first of an endless sequence.

    1,000 images are the first of 8,000 of the same seed. The first class of masks is
    the background.
    """
    catalogue = CATALOGUES[_grain(settings)]
    classes = class_indices(settings, available=len(catalogue.names))
    names = [catalogue.names[index] for index in classes]
    if settings.target == "masks":
        names = ["background", *names]
    train_styles, test_styles = _styles(settings)
    train = _split(settings, classes, "train", settings.train, train_styles)
    test = _split(settings, classes, "test", settings.test, test_styles)
    return RawDataset(train, test, tuple(names))


def shapes_problems(settings: DatasetSettings, data_root: Path) -> list[str]:
    """List the reasons why these settings cannot be drawn."""
    problems = [
        f"{key} should say how many shapes to draw"
        for key in ("train", "test")
        if getattr(settings, key) is None
    ]
    size = height_width(settings) or DEFAULT_SIZE
    if size[0] != size[1]:
        problems.append(f"shapes are square, size asks for {size[0]} x {size[1]}")
    if settings.held_out not in (None, *STYLES):
        known = sorted(STYLES)
        problems.append(f"held_out should be one of {known}, is {settings.held_out!r}")
    if settings.style is not None and settings.held_out is not None:
        problems.append("style and held_out exclude each other")
    if settings.objects is not None and settings.target == "classes":
        problems.append("objects is for masks and captions, a class has one object")
    if settings.captions is not None and settings.captions > NUM_WORDINGS:
        problems.append(
            f"captions asks for {settings.captions} wordings, there are {NUM_WORDINGS}"
        )
    try:
        class_indices(settings, available=len(CATALOGUES[_grain(settings)].names))
    except KnowError as error:
        problems.append(str(error))
    return problems


def _grain(settings: DatasetSettings) -> str:
    return settings.grain or "coarse"


def _styles(settings: DatasetSettings) -> tuple[list[str], list[str]]:
    """Styles of the training and the test pictures, used in turn."""
    if settings.held_out is None:
        style = settings.style or "photo"
        return [style], [style]
    others = [style for style in STYLES if style != settings.held_out]
    return others, [settings.held_out]


def _split(
    settings: DatasetSettings,
    classes: list[int],
    split: str,
    number: int | None,
    styles: list[str],
) -> RawSplit:
    assert number is not None, "shapes_problems asks for both numbers"
    scenes = draw_scenes(
        number,
        seed=settings.seed,
        split=split,
        grain=_grain(settings),
        classes=classes,
        num_objects=settings.objects or 1,
    )
    drawn = partial(_drawn, scenes, styles)
    has_classes = settings.target == "classes"
    captions = None
    if settings.target == "captions":
        captions = [_captions(scenes, index) for index in range(number)]
    return RawSplit(
        labels=scenes.labels if has_classes else np.zeros(number, dtype=np.int64),
        images=partial(drawn, render),
        masks=partial(drawn, masks),
        captions=captions,
    )


def _drawn(
    scenes: Scenes,
    styles: list[str],
    draw: Callable[..., ByteArray],
    indices: IntArray,
    size: tuple[int, int] | None,
) -> ByteArray:
    """Draw pictures or masks of some scenes, each in the style of its number's turn."""
    side = (size or DEFAULT_SIZE)[0]
    turn_N = indices % len(styles)
    if len(styles) == 1:
        return draw(scenes.part(indices), side, style=styles[0])
    pieces = [
        draw(scenes.part(indices[turn_N == turn]), side, style=style)
        for turn, style in enumerate(styles)
    ]
    places_N = np.argsort(np.argsort(turn_N, kind="stable"))
    return np.concatenate(pieces)[places_N]


def _captions(scenes: Scenes, index: int) -> list[str]:
    """Describe a scene in every wording, beginning with one that varies by scene."""
    objects = scenes.objects(index)
    first = int(scenes.keys[index] % NUM_WORDINGS)
    wordings = [(first + turn) % NUM_WORDINGS for turn in range(NUM_WORDINGS)]
    return [sentence(objects, variant=wording) for wording in wordings]


SOURCE = Source(open_shapes, problems=shapes_problems)
