"""Reading the chosen images of both splits: pixels, masks, captions, or lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from know.data.arrays import ByteArray, IntArray
from know.data.captions import encoded, vocabulary_of
from know.data.decoding import decoded
from know.data.listing import listed
from know.data.picture_list import PictureList, Places
from know.data.pictures import stacked
from know.data.raw import RawSplit, problem_lines
from know.data.settings import DatasetSettings, height_width
from know.errors import KnowError, raise_all


@dataclass(frozen=True)
class Chosen:
    """The images of a split that a data set keeps."""

    split: RawSplit
    indices: IntArray

    @property
    def labels(self) -> IntArray:
        """Class of each image, shape (N,)."""
        return self.split.labels[self.indices]

    @property
    def places(self) -> Places:
        """Place of each image in files."""
        assert isinstance(self.split.images, Places)
        return self.split.images[self.indices]


def pixels_of(
    parts: Sequence[Chosen], settings: DatasetSettings
) -> tuple[list[ByteArray], list[ByteArray]]:
    """Read the images of each split, and the masks if they are the target.

    Raises:
        KnowError: naming every picture and every mask that cannot be read, or the sizes
            of pictures and masks that do not fit each other.
    """
    size = height_width(settings)
    readers: list[Callable[[], ByteArray]] = []
    for part in parts:
        if isinstance(part.split.images, Places):
            decode = partial(decoded, size=size, crop=bool(settings.crop))
            readers.append(partial(stacked, part.places, decode))
        else:
            readers.append(partial(part.split.images, part.indices, size))
    if settings.target == "masks":
        for part in parts:
            assert part.split.masks is not None, "`TARGETS` of the source says so"
            readers.append(partial(part.split.masks, part.indices, size))
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
    parts: Sequence[Chosen], settings: DatasetSettings, *, threads: int
) -> list[PictureList]:
    """List the pictures of each split after decoding each of them once.

    Raises:
        KnowError: naming every picture that cannot be read.
    """
    size = height_width(settings)
    assert size is not None, "the source's problems include it"
    places = [part.places for part in parts]
    return listed(places, size, crop=bool(settings.crop), threads=threads)


def captions_of(
    parts: Sequence[Chosen], settings: DatasetSettings
) -> tuple[list[IntArray], tuple[str, ...]]:
    """Return the captions of each split, and the vocabulary of the training split."""
    number, length = settings.captions, settings.length
    assert number is not None, "setting_problems asks for it"
    assert length is not None, "setting_problems asks for it"
    captions = []
    for part in parts:
        sentences = part.split.captions
        assert sentences is not None, "`TARGETS` of the source says so"
        captions.append([sentences[index][:number] for index in part.indices])
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
    """Call all readers, and raise one error with the problems of all that failed."""
    arrays: list[ByteArray] = []
    problems: list[str] = []
    for read in readers:
        try:
            arrays.append(read())
        except KnowError as error:
            problems += problem_lines(error)
    raise_all(problems, "these pictures cannot be read")
    return arrays
