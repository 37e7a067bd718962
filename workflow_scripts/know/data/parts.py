"""The images of a split that are wanted: their pixels, masks and captions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from know.data.arrays import ByteArray, IntArray
from know.data.captions import encoded, vocabulary_of
from know.data.listing import listed
from know.data.picture_list import PictureList
from know.data.raw import RawSplit, problem_lines
from know.data.settings import DatasetSettings, height_width
from know.errors import KnowError, raise_all


@dataclass(frozen=True)
class Part:
    """The images of a split that are wanted."""

    split: RawSplit
    indices: IntArray

    @property
    def labels(self) -> IntArray:
        """Class of each, shape (N,)."""
        return self.split.labels[self.indices]


def pixels_of(
    parts: Sequence[Part], settings: DatasetSettings
) -> tuple[list[ByteArray], list[ByteArray]]:
    """Images of each part, and masks where they are the target.

    Raises:
        KnowError: naming every picture and every mask that cannot be read, or the sizes
            of pictures and masks that do not fit.
    """
    size = height_width(settings)
    readers = []
    for part in parts:
        assert part.split.read is not None, "pictures in their files have no pixels yet"
        readers.append(partial(part.split.read, part.indices, size))
    if settings.target == "masks":
        for part in parts:
            assert part.split.read_masks is not None, "`targets` of the source says so"
            readers.append(partial(part.split.read_masks, part.indices, size))
    pixels = _all_of(readers)
    images, masks = pixels[: len(parts)], pixels[len(parts) :]
    raise_all(
        [
            f"images are {image.shape[1:3]} pixels large, masks {mask.shape[1:]}"
            for image, mask in zip(images, masks, strict=bool(masks))
            if image.shape[:3] != mask.shape
        ],
        "pictures and masks differ, give `size`",
    )
    return images, masks


def lists_of(
    parts: Sequence[Part], settings: DatasetSettings, *, threads: int
) -> list[PictureList]:
    """Pictures of each part that stay in their files, every one decoded once.

    Raises:
        KnowError: naming every picture that cannot be read.
    """
    size = height_width(settings)
    assert size is not None, "the source's problems include it"
    places = []
    for part in parts:
        assert part.split.places is not None, "the source streams"
        places.append(part.split.places[part.indices])
    return listed(places, size, crop=bool(settings.crop), threads=threads)


def captions_of(
    parts: Sequence[Part], settings: DatasetSettings
) -> tuple[list[IntArray], tuple[str, ...]]:
    """Captions of each part, and the vocabulary, of the training part's captions."""
    number, length = settings.captions, settings.length
    assert number is not None, "setting_problems asks for it"
    assert length is not None, "setting_problems asks for it"
    captions = []
    for part in parts:
        assert part.split.read_captions is not None, "`targets` of the source says so"
        sentences = part.split.read_captions(part.indices)
        captions.append([some[:number] for some in sentences])
    vocabulary = vocabulary_of(
        chain.from_iterable(captions[0]),
        most=settings.vocabulary,
        least_count=settings.least_count or 1,
    )
    tokens = [
        encoded(some, vocabulary, number=number, length=length) for some in captions
    ]
    return tokens, vocabulary


def _all_of(readers: Sequence[Callable[[], ByteArray]]) -> list[ByteArray]:
    """What all readers give, or one error of all that is wrong with any."""
    arrays: list[ByteArray] = []
    problems: list[str] = []
    for read in readers:
        try:
            arrays.append(read())
        except KnowError as error:
            problems += problem_lines(error)
    raise_all(problems, "these pictures cannot be read")
    return arrays
